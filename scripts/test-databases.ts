import { execFile } from 'node:child_process';
import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type DatabaseServer, makeFolder, runServer, type User, userFor } from './database-process.ts';
import { freePort } from './free-port.ts';
import { findOnPath, installDebian, type Prepared } from './test-installs.ts';

export type { DatabaseServer } from './database-process.ts';

const exec = promisify(execFile);

/** Settings beyond the usual ones, as the server's own file or command line has them: `wal_level=logical`. */
export interface ServerOptions {
  readonly settings?: readonly string[];
}

/** PostgreSQL, from the system or Debian's packages. */
export async function startPostgresql({
  settings = [],
}: ServerOptions = {}): Promise<Prepared<DatabaseServer>> {
  const initdb = await provide('initdb', postgresqlFolders(), 'postgresql');
  if ('missing' in initdb) return initdb;
  return started('PostgreSQL', 'postgres', async ({ folder, runAs }) => {
    // The order of text is that of its characters, whatever the language of the machine.
    await exec(
      initdb.value,
      ['-D', join(folder, 'data'), '-U', 'mlflow', '--auth=trust', '--locale=C', '-E', 'UTF8'],
      { ...runAs, cwd: folder },
    );
    return runPostgresql(programsBeside(initdb.value), folder, settings);
  });
}

/** A standby of a running server that follows it by streaming. */
export async function startReplica(primary: DatabaseServer): Promise<Prepared<DatabaseServer>> {
  const initdb = await provide('initdb', postgresqlFolders(), 'postgresql');
  if ('missing' in initdb) return initdb;
  const programs = programsBeside(initdb.value);
  return started('PostgreSQL', 'postgres', async ({ folder, runAs }) => {
    await exec(
      join(programs, 'pg_basebackup'),
      [
        ...['-D', join(folder, 'data'), '-R', '-c', 'fast'],
        ...['-h', '127.0.0.1', '-p', String(primary.port), '-U', primary.user],
      ],
      { ...runAs, cwd: folder },
    );
    return runPostgresql(programs, folder, []);
  });
}

async function runPostgresql(programs: string, folder: string, settings: readonly string[]) {
  const port = await freePort();
  const all = [
    // Nobody needs these databases after a crash of the machine: without syncs hundreds are made in seconds.
    'fsync=off',
    'max_connections=300',
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    ...settings,
  ];
  return runServer(
    { kind: 'postgresql', user: 'mlflow', port, folder },
    {
      program: join(programs, 'postgres'),
      args: ['-D', join(folder, 'data'), '-p', String(port), ...all.flatMap((text) => ['-c', text])],
      runAs: userFor('postgres'),
      stopSignal: 'SIGINT',
      // Its helpers end with it, without a checkpoint: the next start recovers from the log.
      crashSignal: 'SIGQUIT',
    },
  );
}

/** MariaDB, from the system or Debian's packages. */
export async function startMariadb({ settings = [] }: ServerOptions = {}): Promise<Prepared<DatabaseServer>> {
  const server = await provide('mariadbd', ['/usr/sbin'], 'mariadb-server');
  if ('missing' in server) return server;
  const install = findOnPath(['mariadb-install-db', 'mysql_install_db']) ?? '/usr/bin/mariadb-install-db';
  return started('MariaDB', 'mysql', async ({ folder, runAs }) => {
    // Starting, it deletes what an earlier one left where temporary tables lie: in a shared /tmp those of its neighbours.
    const places = [`--datadir=${join(folder, 'data')}`, `--tmpdir=${folder}`];
    await exec(
      install,
      ['--no-defaults', ...places, '--auth-root-authentication-method=normal', '--skip-test-db'],
      { ...runAs, cwd: folder },
    );
    const port = await freePort();
    const args = [
      '--no-defaults',
      ...places,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      // Written at each commit and not synced: enough for a crash of the server alone.
      '--innodb-flush-log-at-trx-commit=2',
      '--innodb-doublewrite=0',
      '--max-connections=400',
      // The default of MySQL 8, and of MariaDB as Debian sets it up.
      '--character-set-server=utf8mb4',
      ...settings.map((text) => `--${text}`),
    ];
    return runServer(
      { kind: 'mysql', user: 'root', port, folder },
      { program: server.value, args, runAs, stopSignal: 'SIGTERM', crashSignal: 'SIGKILL' },
    );
  });
}

/** The folder of a version of PostgreSQL; on the path there may be links to some of its programs. */
const programsBeside = (program: string) => dirname(realpathSync(program));

/** Between finding a free port and taking it somebody else may: then on another one. */
const ATTEMPTS = 3;

/** A server in a folder of its own, or why there is none; each attempt begins anew. */
async function started(
  name: string,
  user: string,
  start: (place: { readonly folder: string; readonly runAs: User }) => Promise<DatabaseServer>,
): Promise<Prepared<DatabaseServer>> {
  let reason: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const runAs = userFor(user);
    const folder = makeFolder(`${name.toLowerCase()}-`, runAs);
    try {
      return { value: await start({ folder, runAs }) };
    } catch (error) {
      reason = error;
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { missing: `${name}: ${reason instanceof Error ? reason.message : reason}` };
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
  const installed = findOnPath([program], debian === 'postgresql' ? postgresqlFolders() : folders);
  return installed ? { value: installed } : { missing: `${debian} was installed but has no ${program}` };
}
