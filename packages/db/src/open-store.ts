import type { FolderOptions } from './file-store/store.ts';
import type { ReaderDb, Store } from './handles.ts';
import type { MysqlTls } from './mysql/ssl.ts';
import type { PoolSettings } from './pool-settings.ts';
import { ReplicaOrPrimary } from './replica.ts';
import { addIndexesToFile, type IndexWork } from './schema/add-indexes.ts';
import { type Opened, type OpenOptions, openDatabaseFile } from './schema/open.ts';
import { FRESH } from './schema/revisions.ts';
import { addServerIndexes, checkReplica, openServerDatabase } from './schema/server-database.ts';
import { isUnreachable, withSchemaConnection } from './schema-connection.ts';
import { SnapshotReads } from './sqlite/snapshot-reads.ts';
import { openSqliteReader, SqliteStore } from './sqlite/store.ts';
import type { BackendStore } from './uri.ts';

/** What only some kinds of store need is loaded by these alone: MySQL's driver takes 11 MB of memory, YAML's parser 4. */
const folders = () => import('./file-store/store.ts');
const postgresql = () => import('./postgresql/connect.ts');
const mysql = () => import('./mysql/connect.ts');

/** Where the metadata is and how to reach it. Plain data, so that threads can be handed it. */
export interface Backend {
  readonly store: BackendStore;
  /** Of the same kind as `store`: answers long reads in its place while it can. It may lag behind. */
  readonly replica?: BackendStore;
  readonly pool: PoolSettings;
  readonly mysqlTls: MysqlTls;
}

export interface OpenedStore extends Opened {
  readonly store: Store;
  /** Entries of a file store that were passed over because they cannot be read. */
  readonly skipped?: number;
  /** Adds the `missingIndexes` while the store is in use. */
  readonly addIndexes?: () => IndexWork;
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
  if (store.kind === 'file') {
    const { FileStore } = await folders();
    return { ...(await FileStore.open(store, options)), revision: FRESH.revision };
  }
  if (store.kind === 'sqlite') {
    const opened = openDatabaseFile(store.path, options);
    const file = new SqliteStore(store.path);
    return {
      ...opened,
      store: file,
      ...(opened.missingIndexes && { addIndexes: () => addIndexesToFile(file, store.path) }),
    };
  }
  const opened = await withSchemaConnection(store, backend, (connection) =>
    openServerDatabase(connection, options),
  );
  if (backend.replica && !opened.created) await lookAtReplica(backend.replica, backend, opened, options);
  return {
    ...opened,
    store: await connect(store, backend),
    ...(opened.missingIndexes && { addIndexes: () => addIndexesOnServer(backend) }),
  };
}

function addIndexesOnServer(backend: Backend): IndexWork {
  let isStopped = false;
  const done = withSchemaConnection(backend.store, backend, (connection) =>
    addServerIndexes(connection, () => !isStopped),
  );
  return {
    done,
    stop() {
      isStopped = true;
      return done.catch(() => undefined);
    },
  };
}

/** A replica that is away is no reason not to start: the primary answers meanwhile. One of another database is. */
async function lookAtReplica(
  replica: BackendStore,
  backend: Backend,
  { revision }: Opened,
  { onReplicaAway }: OpenOptions,
): Promise<void> {
  try {
    await withSchemaConnection(replica, backend, (connection) => checkReplica(connection, revision));
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    onReplicaAway?.(error.message);
  }
}

/** For one thread that only reads. */
export async function openReader({ store, replica, mysqlTls }: Backend): Promise<ReaderDb> {
  if (store.kind === 'file') return (await folders()).openFolderReader(store);
  if (store.kind === 'sqlite') return new SnapshotReads(openSqliteReader(store.path));
  const primary =
    store.kind === 'postgresql'
      ? (await postgresql()).connectReader(store, READER_POOL)
      : (await mysql()).connectReader(store, READER_POOL, mysqlTls);
  switch (replica?.kind) {
    case 'postgresql':
      return new ReplicaOrPrimary((await postgresql()).connectReplica(replica, REPLICA_POOL), primary);
    case 'mysql':
      return new ReplicaOrPrimary((await mysql()).connectReplica(replica, REPLICA_POOL, mysqlTls), primary);
    default:
      return primary;
  }
}

/** A thread does one long read at a time, and streams some more. */
const READER_POOL: PoolSettings = { size: 1, overflow: 1, recycle_s: 0 };
/** The primary answers what the replica does not take at once. */
const REPLICA_POOL: PoolSettings = { ...READER_POOL, wait_ms: 2000 };

async function connect(
  store: BackendStore,
  { pool, mysqlTls }: Pick<Backend, 'pool' | 'mysqlTls'>,
): Promise<Store> {
  switch (store.kind) {
    case 'postgresql':
      return (await postgresql()).connect(store, pool);
    case 'mysql':
      return (await mysql()).connect(store, pool, mysqlTls);
    default:
      throw new Error(`${store.kind} has no connections`);
  }
}
