import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  type Backend,
  type BackendStore,
  POOL_DEFAULTS,
  parseBackendStoreUri,
  type ServerStore,
} from '@bitacora/db';
import mysql from 'mysql2/promise';
import pg from 'pg';

/** A database for one test, and how it goes away. */
export interface TestDatabase {
  readonly backend: Backend;
  drop(): Promise<void>;
}

/**
 * A fresh, empty database: an SQLite file in `folder`, or one on the server that TEST_DATABASE_URI names, which the
 * suites on PostgreSQL and MariaDB start; `./mlruns` is for a file store, also in `folder`.
 */
export async function createTestDatabase(folder: string): Promise<TestDatabase> {
  const uri = process.env.TEST_DATABASE_URI;
  const server = uri === undefined ? undefined : parseBackendStoreUri(uri);
  switch (server?.kind) {
    case 'postgresql':
    case 'mysql':
      return onServer(server);
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

async function onServer(server: ServerStore): Promise<TestDatabase> {
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  await execute(server, `CREATE DATABASE ${database}`);
  return {
    backend: toBackend({ ...server, database }),
    drop: () =>
      execute(server, `DROP DATABASE ${database}${server.kind === 'postgresql' ? ' WITH (FORCE)' : ''}`),
  };
}

async function execute({ kind, host, port, user, password, database }: ServerStore, statement: string) {
  const address = { host, port, user, password, database };
  if (kind === 'postgresql') {
    const client = new pg.Client(address);
    await client.connect();
    await client.query(statement);
    await client.end();
    return;
  }
  const connection = await mysql.createConnection(JSON.parse(JSON.stringify(address)));
  await connection.query(statement);
  await connection.end();
}
