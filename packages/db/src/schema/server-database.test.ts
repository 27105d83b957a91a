import { randomUUID } from 'node:crypto';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../open-store.ts';
import { POOL_DEFAULTS } from '../pool-settings.ts';
import { parseBackendStoreUri } from '../uri.ts';

const uri = process.env.TEST_DATABASE_URI;
const engine = uri?.startsWith('postgresql') ? 'postgresql' : 'mysql';

/** The statements of an administrator: SQL as it is, on one of the server's databases. */
async function execute(database: string, statement: string): Promise<Record<string, unknown>[]> {
  const { pathname: _, ...address } = { pathname: '', ...addressOf(database) };
  if (engine === 'postgresql') {
    const client = new pg.Client(address);
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }
  const connection = await mysql.createConnection(address);
  try {
    const [rows] = await connection.query(statement);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  } finally {
    await connection.end();
  }
}

function addressOf(database: string) {
  const { hostname: host, port, username: user } = new URL(String(uri));
  return { host, port: Number(port), user, database };
}

const open = (database: string) =>
  openStore({
    store: parseBackendStoreUri(String(uri).replace(/[^/]+$/, database)),
    pool: POOL_DEFAULTS,
    mysqlTls: {},
  });

describe.runIf(uri)('a database on a server', () => {
  const admin = engine === 'postgresql' ? 'postgres' : 'mysql';
  const database = `schema_${randomUUID().replaceAll('-', '')}`;
  beforeAll(() => execute(admin, `CREATE DATABASE ${database}`).then(() => undefined));
  afterAll(() => execute(admin, `DROP DATABASE ${database}`).then(() => undefined));

  test('is created once by servers that start together, and opened by the next', async () => {
    const opened = await Promise.all([1, 2, 3, 4].map(() => open(database)));
    expect(opened.filter(({ created }) => created)).toHaveLength(1);
    for (const { store } of opened) await store.close();
    const again = await open(database);
    expect(again).toMatchObject({ created: false, revision: 'dc11669786a5' });
    await again.store.close();
  });

  test('gets back an index of ours that was lost', async () => {
    const lost = 'bitacora_latest_metrics_by_value';
    await execute(
      database,
      engine === 'postgresql' ? `DROP INDEX ${lost}` : `DROP INDEX ${lost} ON latest_metrics`,
    );
    await (await open(database)).store.close();
    await expect(
      execute(
        database,
        engine === 'postgresql' ? `DROP INDEX ${lost}` : `DROP INDEX ${lost} ON latest_metrics`,
      ),
    ).resolves.toBeDefined();
  });

  test('is refused at a revision that is not known, with the remedy', async () => {
    await execute(database, "UPDATE alembic_version SET version_num = '75868b020152'");
    await expect(open(database)).rejects.toThrow(/75868b020152[\s\S]*mlflow db upgrade/);
    await execute(database, "UPDATE alembic_version SET version_num = 'ffffffffffff'");
    await expect(open(database)).rejects.toThrow(/newer MLflow/);
    expect(await execute(database, 'SELECT version_num FROM alembic_version')).toEqual([
      { version_num: 'ffffffffffff' },
    ]);
  });

  test('is refused when its creation was cut short', async () => {
    await execute(database, 'DELETE FROM alembic_version');
    await expect(open(database)).rejects.toThrow(/cut short/);
  });

  test('is refused in one line when it cannot be reached', async () => {
    await expect(open('no_such_database')).rejects.toThrow(/cannot be opened: .*no_such_database/);
  });
});
