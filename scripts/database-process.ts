import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import pg from 'pg';

/** A database server that tests run on, on a free port of this machine and in a folder that goes with it. */
export interface DatabaseServer {
  /** `postgresql` or `mysql`, as URIs begin. */
  readonly kind: 'postgresql' | 'mysql';
  /** The user and address, as in `user@127.0.0.1:5432`. */
  readonly address: string;
  readonly user: string;
  readonly port: number;
  /** Holds its data in `data` and its local socket. */
  readonly folder: string;
  /** Runs a statement as its administrator; the rows. */
  execute(statement: string, database?: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Makes an empty database; its URI as MLflow's users write it. */
  createDatabase(name: string): Promise<string>;
  /** Ends it without a farewell: what it acknowledged is in its files, what it was doing is not. */
  crash(): Promise<void>;
  /** Starts it again after a crash, where it was. */
  start(): Promise<void>;
  /** Ends it for good and removes its folder. */
  stop(): Promise<void>;
}

export interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** These servers refuse to run as root: then the user that their package has made takes its place. */
export function userFor(name: string): User {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

export function makeFolder(prefix: string, { uid, gid }: User): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  return folder;
}

/** Below those that systems give to outgoing connections: Linux begins at 32768, others at 49152. */
const PORTS = { from: 12_000, to: 32_000 };

/**
 * A port that nobody listens on. It stays free while its server is away: no outgoing connection is given it, least of all
 * one of those that look for that server, which would then have connected to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) return port;
  }
}

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const probe = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly runAs: User;
  /** How it is asked to end without waiting for its clients. */
  readonly stopSignal: NodeJS.Signals;
  /** How it is ended at once, its helpers included. */
  readonly crashSignal: NodeJS.Signals;
}

type Place = Pick<DatabaseServer, 'kind' | 'user' | 'port' | 'folder'>;

/** @throws where it does not start. */
export async function runServer(place: Place, command: Command): Promise<DatabaseServer> {
  const { kind, user, port, folder } = place;
  let child: ChildProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child?.once('close', resolve));
    child.kill(signal);
    await ended;
  }

  async function start(): Promise<void> {
    const started = spawn(command.program, command.args, {
      ...command.runAs,
      cwd: folder,
      stdio: 'ignore',
    });
    // Tells by its end as well, below.
    started.on('error', () => undefined);
    child = started;
    for (let tries = 0; tries < 900; tries++) {
      if (started.exitCode !== null || started.pid === undefined) break;
      if (await accepts(place)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await end(command.stopSignal);
    throw new Error(`${kind} did not start`);
  }

  async function stop(): Promise<void> {
    await end(command.stopSignal);
    rmSync(folder, { recursive: true, force: true });
  }

  await start();
  const address = `${user}@127.0.0.1:${port}`;
  return {
    ...place,
    address,
    start,
    stop,
    crash: () => end(command.crashSignal),
    execute: (statement, database) => execute(place, statement, database),
    createDatabase: async (name) => {
      await execute(place, `CREATE DATABASE ${name}`);
      return `${kind}://${address}/${name}`;
    },
  };
}

/** Whether it takes queries: PostgreSQL opens its port a moment before. */
async function accepts(place: Place): Promise<boolean> {
  try {
    await execute(place, 'SELECT 1');
    return true;
  } catch {
    return false;
  }
}

async function execute({ kind, user, port }: Place, statement: string, database?: string) {
  if (kind === 'postgresql') {
    const client = new pg.Client({ host: '127.0.0.1', port, user, database: database ?? 'postgres' });
    await client.connect();
    return (await client.query(statement).finally(() => client.end())).rows ?? [];
  }
  const connection = await mysql.createConnection({
    host: '127.0.0.1',
    port,
    user,
    ...(database !== undefined && { database }),
  });
  const [rows] = await connection.query(statement).finally(() => connection.end());
  return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
}
