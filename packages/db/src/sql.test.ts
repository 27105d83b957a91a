import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Int64 } from '@bitacora/protocol';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from './handles.ts';
import { openStore } from './open-store.ts';
import { POOL_DEFAULTS } from './pool-settings.ts';
import { isIn, isNotIn, raw, sql } from './sql.ts';
import { type BackendStore, parseBackendStoreUri } from './uri.ts';

const uri = process.env.TEST_DATABASE_URI;
const database = `sql_${randomUUID().replaceAll('-', '')}`;

async function administer(statement: string): Promise<void> {
  if (uri === undefined) return;
  const { protocol, hostname: host, port, username: user } = new URL(uri);
  const address = { host, port: Number(port), user };
  if (protocol === 'postgresql:') {
    const client = new pg.Client({ ...address, database: 'postgres' });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  } else {
    const connection = await mysql.createConnection(address);
    await connection.query(statement).finally(() => connection.end());
  }
}

let folder: string;
let store: Store;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitacora-sql-'));
  await administer(`CREATE DATABASE ${database}`);
  const backend: BackendStore =
    uri === undefined
      ? { kind: 'sqlite', path: join(folder, 'mlflow.db'), options: {} }
      : parseBackendStoreUri(uri.replace(/[^/]+$/, database));
  store = (await openStore({ store: backend, pool: POOL_DEFAULTS, mysqlTls: {} })).store;
  // `Default` is there already, without a time of its own.
  for (const [name, time] of [
    ['a', 1],
    ['b', 2],
    ['c', null],
  ] as const)
    await store.write((tx) =>
      tx.run(sql`INSERT INTO experiments (name, creation_time) VALUES (${name}, ${time})`),
    );
});

afterAll(async () => {
  await store.close();
  await administer(`DROP DATABASE ${database}`);
  await rm(folder, { recursive: true });
});

const named = async (condition: ReturnType<typeof isIn>) =>
  (
    await store.db.all(sql<{ name: string }>`
      SELECT name FROM experiments WHERE name <> 'Default' AND ${condition} ORDER BY name`)
  ).map(({ name }) => name);

type Case = readonly [readonly (string | Int64)[], readonly string[], readonly string[]];

describe('a list', () => {
  test.each<Case>([
    [[], [], ['a', 'b', 'c']],
    [['a'], ['a'], ['b', 'c']],
    [['a', 'b', "c'); --"], ['a', 'b'], ['c']],
    [['x', 'y'], [], ['a', 'b', 'c']],
  ])('of texts [%s] holds and leaves out what it says', async (values, within, without) => {
    expect(await named(isIn('name', values))).toEqual(within);
    expect(await named(isNotIn('name', values))).toEqual(without);
    expect(await named(isIn(sql`COALESCE(${'q'}, name)`, values))).toEqual([]);
    expect(await named(sql`NOT (${isIn('name', values)})`)).toEqual(without);
  });

  test.each<Case>([
    // NULL is in no list, and not in none; in an empty one there is nothing, whatever is asked about.
    [[], [], ['a', 'b', 'c']],
    [[1], ['a'], ['b']],
    [[2n], ['b'], ['a']],
    [[1, 2n ** 62n, 2], ['a', 'b'], []],
  ])('of numbers [%s] holds and leaves out what it says', async (values, within, without) => {
    expect(await named(isIn('creation_time', values))).toEqual(within);
    expect(await named(isNotIn('creation_time', values))).toEqual(without);
  });

  test('that is empty suits a column of any type', async () => {
    for (const [table, column] of [
      ['experiments', 'experiment_id'],
      ['latest_metrics', 'value'],
      ['latest_metrics', 'is_nan'],
    ] as const)
      expect(await store.db.all(sql`SELECT 1 FROM ${raw(table)} WHERE ${isIn(column, [])}`)).toEqual([]);
  });

  test('is one value where the engine takes one, whatever its length', () => {
    const texts = (values: readonly string[]) =>
      (['sqlite', 'postgresql', 'mysql'] as const).map((dialect) => isIn('c', values).compile(dialect));
    expect(texts(['a', 'b', 'c'])).toEqual([
      { text: 'c IN (SELECT value FROM json_each(?))', values: ['["a","b","c"]'] },
      { text: 'c = ANY (CAST(? AS text[]))', values: [['a', 'b', 'c']] },
      { text: 'c IN (?, ?, ?)', values: ['a', 'b', 'c'] },
    ]);
    expect(isNotIn('c', [1, 2n]).compile('postgresql')).toEqual({
      text: 'c <> ALL (CAST(? AS bigint[]))',
      values: [[1, 2n]],
    });
  });
});
