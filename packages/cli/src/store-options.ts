import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type BackendStore,
  BackendStoreUriError,
  type MysqlTls,
  parseBackendStoreUri,
  redactUri,
} from '@bitacora/db';
import { type Command, Option } from 'commander';
import { UsageError } from './usage-error.ts';

export interface DatabaseFlags {
  readonly backendStoreUri: string;
  readonly mysqlSslCa?: string;
  readonly mysqlSslCert?: string;
  readonly mysqlSslKey?: string;
}

/** Where the database is, for every command that opens it. */
export const addDatabaseOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--backend-store-uri <uri>',
        'where experiments, runs and models are kept; an existing MLflow database or mlruns folder is opened in place',
      )
        .env('MLFLOW_BACKEND_STORE_URI')
        .default('sqlite:///mlflow.db'),
    )
    .addOption(
      new Option('--mysql-ssl-ca <file>', 'certificates that MySQL’s certificate must come from').env(
        'MLFLOW_MYSQL_SSL_CA',
      ),
    )
    .addOption(
      new Option('--mysql-ssl-cert <file>', 'our certificate for MySQL').env('MLFLOW_MYSQL_SSL_CERT'),
    )
    .addOption(
      new Option('--mysql-ssl-key <file>', 'the key of our certificate for MySQL').env(
        'MLFLOW_MYSQL_SSL_KEY',
      ),
    );

export const mysqlTls = ({ mysqlSslCa, mysqlSslCert, mysqlSslKey }: DatabaseFlags): MysqlTls => ({
  ...(mysqlSslCa !== undefined && { ca: mysqlSslCa }),
  ...(mysqlSslCert !== undefined && { cert: mysqlSslCert }),
  ...(mysqlSslKey !== undefined && { key: mysqlSslKey }),
});

/** @throws UsageError */
export function readStoreUri(uri: string, cache: string | undefined): BackendStore {
  const store = parse(uri);
  switch (store.kind) {
    case 'sqlite':
      return { ...store, path: resolve(store.path) };
    case 'file': {
      const folder = cache === undefined ? userCache() : resolve(cache);
      return { ...store, path: resolve(store.path), ...(folder !== undefined && { cache: folder }) };
    }
    case 'postgresql':
    case 'mysql':
      return store;
    default:
      throw new UsageError(
        `${store.kind} is not supported yet ('${redactUri(uri)}'). Use SQLite (sqlite:///mlflow.db), PostgreSQL, MySQL or a folder.`,
      );
  }
}

function parse(uri: string): BackendStore {
  try {
    return parseBackendStoreUri(uri);
  } catch (error) {
    if (error instanceof BackendStoreUriError) throw new UsageError(error.message);
    throw error;
  }
}

/** @throws UsageError */
export function readReplicaUri(uri: string, { kind }: BackendStore): BackendStore {
  const replica = readStoreUri(uri, undefined);
  if (replica.kind === 'file' || replica.kind === 'sqlite') {
    throw new UsageError(
      `--read-replica-backend-store-uri '${uri}' is a ${replica.kind === 'file' ? 'folder' : 'file'}: only databases on servers have replicas.`,
    );
  }
  if (replica.kind === kind) return replica;
  throw new UsageError(
    `--read-replica-backend-store-uri '${redactUri(uri)}' is no replica of the backend store: both must be PostgreSQL, or both MySQL.`,
  );
}

/** Where programs of this user keep what can be made anew; undefined for a user without such a place. */
function userCache(): string | undefined {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bitacora', 'file-stores');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}
