import { FileStore, type FolderOptions, openFolderReader } from './file-store/store.ts';
import type { Db, Store } from './handles.ts';
import type { MysqlTls } from './mysql/pool.ts';
import { MysqlStore } from './mysql/store.ts';
import type { PoolSettings } from './pool-settings.ts';
import { PostgresqlStore } from './postgresql/store.ts';
import { type Opened, type OpenOptions, openDatabaseFile } from './schema/open.ts';
import { FRESH } from './schema/revisions.ts';
import { openServerDatabase } from './schema/server-database.ts';
import { withSchemaConnection } from './schema-connection.ts';
import { openSqliteReader, SqliteStore } from './sqlite/store.ts';
import type { BackendStore } from './uri.ts';

/** Where the metadata is and how to reach it. Plain data, so that threads can be handed it. */
export interface Backend {
  readonly store: BackendStore;
  /** Answers long reads in place of `store`; it may lag behind. */
  readonly replica?: BackendStore;
  readonly pool: PoolSettings;
  readonly mysqlTls: MysqlTls;
}

export interface OpenedStore extends Opened {
  readonly store: Store;
  /** Entries of a file store that were passed over because they cannot be read. */
  readonly skipped?: number;
}

/**
 * Opens the database, with MLflow's schema made when it is empty and checked when it is not.
 *
 * @throws SchemaError
 */
export async function openStore(
  backend: Backend,
  options: OpenOptions & FolderOptions = {},
): Promise<OpenedStore> {
  const { store } = backend;
  if (store.kind === 'file') return { ...(await FileStore.open(store, options)), revision: FRESH.revision };
  if (store.kind === 'sqlite') {
    const opened = openDatabaseFile(store.path, options);
    return { ...opened, store: new SqliteStore(store.path) };
  }
  const opened = await withSchemaConnection(store, backend, (connection) =>
    openServerDatabase(connection, options),
  );
  return { ...opened, store: connect(store, backend) };
}

/** For one thread that only reads. */
export function openReader(backend: Backend): Db {
  const store = backend.replica ?? backend.store;
  if (store.kind === 'file') return openFolderReader(store);
  return store.kind === 'sqlite'
    ? openSqliteReader(store.path)
    : connect(store, { ...backend, pool: READER_POOL }).db;
}

/** A thread does one long read at a time, and streams some more. */
const READER_POOL: PoolSettings = { size: 1, overflow: 1, recycle_s: 0 };

function connect(store: BackendStore, { pool, mysqlTls }: Pick<Backend, 'pool' | 'mysqlTls'>): Store {
  switch (store.kind) {
    case 'postgresql':
      return new PostgresqlStore(store, pool);
    case 'mysql':
      return new MysqlStore(store, pool, mysqlTls);
    default:
      throw new Error(`${store.kind} has no connections`);
  }
}
