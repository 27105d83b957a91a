import { join } from 'node:path';
import {
  type Backend,
  type BackendStore,
  POOL_DEFAULTS,
  parseBackendStoreUri,
  type ServerStore,
} from '@bitacora/db';
import { claimDatabase } from './server-database.ts';

/** A database for one test, and how it goes away. */
export interface TestDatabase {
  readonly backend: Backend;
  drop(): Promise<void>;
}

/**
 * A fresh database: an SQLite file in `folder`, or one on the server that TEST_DATABASE_URI names, which the suites on
 * PostgreSQL and MariaDB start; `./mlruns` is for a file store, also in `folder`.
 *
 * @param schema the release of MLflow whose schema it has; absent, the one that fresh databases get.
 */
export async function createTestDatabase(folder: string, schema: string | undefined): Promise<TestDatabase> {
  const uri = process.env.TEST_DATABASE_URI;
  const server = uri === undefined ? undefined : parseBackendStoreUri(uri);
  switch (server?.kind) {
    case 'postgresql':
    case 'mysql':
      return onServer(server, schema);
    case 'file':
      return {
        backend: toBackend({ kind: 'file', path: join(folder, 'mlruns'), cache: join(folder, 'cache') }),
        drop: async () => undefined,
      };
    default:
      return {
        backend: toBackend({ kind: 'sqlite', path: join(folder, 'mlflow.db'), options: {} }),
        drop: async () => undefined,
      };
  }
}

const toBackend = (store: BackendStore): Backend => ({
  store,
  // Many tests run beside each other, and the servers allow about a hundred connections.
  pool: { ...POOL_DEFAULTS, size: 3, overflow: 2 },
  mysqlTls: {},
});

async function onServer(server: ServerStore, schema: string | undefined): Promise<TestDatabase> {
  const { database, release } = await claimDatabase(server, schema);
  return { backend: toBackend({ ...server, database }), drop: release };
}
