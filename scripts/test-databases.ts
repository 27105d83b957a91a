import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { findOnPath, installDebian, type Prepared } from './test-peers.ts';

const exec = promisify(execFile);

/** A database server that a suite runs on, on a free port and in a folder that goes with it. */
export interface DatabaseServer {
  /** `postgresql` or `mysql`, as URIs begin. */
  readonly kind: 'postgresql' | 'mysql';
  /** The user and address, as in `user@127.0.0.1:5432`. */
  readonly address: string;
  /** Makes an empty database; its URI as MLflow's users write it. */
  createDatabase(name: string): Promise<string>;
  stop(): Promise<void>;
}

/** PostgreSQL, from the system or Debian's packages. */
export async function startPostgresql(): Promise<Prepared<DatabaseServer>> {
  const initdb = await provide('initdb', postgresqlFolders(), 'postgresql');
  if ('missing' in initdb) return initdb;
  const user = userFor('postgres');
  const folder = makeFolder('postgresql-', user);
  const port = await freePort();
  const options = { ...user, cwd: folder };
  // The order of text is that of its characters, whatever the language of the machine.
  await exec(
    initdb.value,
    ['-D', join(folder, 'data'), '-U', 'mlflow', '--auth=trust', '--locale=C', '-E', 'UTF8'],
    options,
  );
  const program = initdb.value.replace(/initdb$/, 'postgres');
  // Nobody needs these databases after a crash of the machine: without syncs hundreds are made in seconds.
  const settings = [
    'fsync=off',
    'max_connections=300',
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
  ];
  const child = spawn(
    program,
    ['-D', join(folder, 'data'), '-p', String(port), ...settings.flatMap((text) => ['-c', text])],
    {
      ...options,
      stdio: 'ignore',
    },
  );
  return running(child, { kind: 'postgresql', folder, user: 'mlflow', port, stopSignal: 'SIGINT' });
}

/** MariaDB, from the system or Debian's packages. */
export async function startMariadb(): Promise<Prepared<DatabaseServer>> {
  const server = await provide('mariadbd', ['/usr/sbin'], 'mariadb-server');
  if ('missing' in server) return server;
  const user = userFor('mysql');
  const folder = makeFolder('mariadb-', user);
  const port = await freePort();
  const data = `--datadir=${join(folder, 'data')}`;
  const options = { ...user, cwd: folder };
  const install = findOnPath(['mariadb-install-db', 'mysql_install_db']) ?? '/usr/bin/mariadb-install-db';
  await exec(
    install,
    ['--no-defaults', data, '--auth-root-authentication-method=normal', '--skip-test-db'],
    options,
  );
  const child = spawn(
    server.value,
    [
      '--no-defaults',
      data,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-doublewrite=0',
      '--max-connections=400',
      // The default of MySQL 8, and of MariaDB as Debian sets it up.
      '--character-set-server=utf8mb4',
    ],
    { ...options, stdio: 'ignore' },
  );
  return running(child, { kind: 'mysql', folder, user: 'root', port, stopSignal: 'SIGTERM' });
}

const postgresqlFolders = () =>
  existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`)
    : [];

async function provide(
  program: string,
  folders: readonly string[],
  debian: string,
): Promise<Prepared<string>> {
  const found = findOnPath([program], folders);
  if (found) return { value: found };
  const missing = await installDebian([debian]);
  if (missing !== undefined) return { missing: `there is no ${program}; ${missing}` };
  const installed = findOnPath([program], program === 'initdb' ? postgresqlFolders() : folders);
  return installed ? { value: installed } : { missing: `${debian} was installed but has no ${program}` };
}

interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** These servers refuse to run as root: then the user that their package has made takes its place. */
function userFor(name: string): User {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

function makeFolder(prefix: string, { uid, gid }: User): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  return folder;
}

export const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

interface Started {
  readonly kind: DatabaseServer['kind'];
  readonly folder: string;
  readonly user: string;
  readonly port: number;
  readonly stopSignal: NodeJS.Signals;
}

async function running(child: ChildProcess, started: Started): Promise<Prepared<DatabaseServer>> {
  const { kind, folder, user, port, stopSignal } = started;
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async () => {
    child.kill(stopSignal);
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) break;
    if (await accepts(started)) {
      const address = `${user}@127.0.0.1:${port}`;
      const createDatabase = async (name: string) => {
        await execute(started, `CREATE DATABASE ${name}`);
        return `${kind}://${address}/${name}`;
      };
      return { value: { kind, address, createDatabase, stop } };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
  return { missing: `${kind} did not start` };
}

/** Whether it takes queries: PostgreSQL opens its port a moment before. */
async function accepts(started: Started): Promise<boolean> {
  try {
    await execute(started, 'SELECT 1');
    return true;
  } catch {
    return false;
  }
}

async function execute({ kind, user, port }: Started, statement: string): Promise<void> {
  if (kind === 'postgresql') {
    const client = new pg.Client({ host: '127.0.0.1', port, user, database: 'postgres' });
    await client.connect();
    await client.query(statement).finally(() => client.end());
    return;
  }
  const connection = await mysql.createConnection({ host: '127.0.0.1', port, user });
  await connection.query(statement).finally(() => connection.end());
}
