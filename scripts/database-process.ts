import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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

/** One that is not there after so long hangs, however busy the machine is. */
const HANG_MS = 300_000;

/** So much of what it said is told of one that does not start, in characters. */
const MOST_SAID = 2000;

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
    // What it says stands beside its data, and is told where it does not start.
    const log = openSync(join(folder, 'log'), 'a');
    const started = spawn(command.program, command.args, {
      ...command.runAs,
      cwd: folder,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    // Tells by its end as well, below.
    started.on('error', () => undefined);
    child = started;
    const deadline = performance.now() + HANG_MS;
    while (started.exitCode === null && started.signalCode === null && started.pid !== undefined) {
      if (await accepts(place)) return;
      if (performance.now() > deadline) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await end(command.crashSignal);
    throw new Error(`${kind} did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-MOST_SAID)}`);
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

/** Whether it takes queries, PostgreSQL opens its port a moment before, and is the one of this folder. */
async function accepts(place: Place): Promise<boolean> {
  try {
    const [row] = await execute(
      place,
      place.kind === 'postgresql'
        ? "SELECT current_setting('data_directory') AS data"
        : 'SELECT @@datadir AS data',
    );
    return resolve(String(row?.data)) === join(place.folder, 'data');
  } catch {
    return false;
  }
}

async function execute({ kind, user, port }: Place, statement: string, database?: string) {
  if (kind === 'postgresql') {
    const client = new pg.Client({ host: '127.0.0.1', port, user, database: database ?? 'postgres' });
    // A server that goes meanwhile fails the query; by this event it would end the whole process.
    client.on('error', () => undefined);
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
