import { randomUUID } from 'node:crypto';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Store, ValueRefused } from '../handles.ts';
import { openStore } from '../open-store.ts';
import { sql } from '../sql.ts';
import { parseBackendStoreUri } from '../uri.ts';

const uri = process.env.TEST_DATABASE_URI;

describe.runIf(uri?.startsWith('mysql'))('a packet of MySQL', { timeout: 60_000 }, () => {
  const database = `packets_${randomUUID().replaceAll('-', '')}`;
  let store: Store;

  async function administer(statement: string) {
    const connection = await mysql.createConnection(String(uri));
    const [rows] = await connection.query(statement).finally(() => connection.end());
    return rows;
  }

  beforeAll(async () => {
    await administer(`CREATE DATABASE ${database}`);
    const address = parseBackendStoreUri(String(uri).replace(/[^/]+$/, database));
    const settings = { pool: { size: 4, overflow: 0, recycle_s: 0 }, mysqlTls: {} };
    store = (await openStore({ store: address, ...settings })).store;
  });
  afterAll(async () => {
    await store.close();
    await administer(`DROP DATABASE ${database}`);
  });

  test('that a value would not fit in is refused, and the limit named', async () => {
    await store.write((tx) => tx.run(sql`CREATE TABLE large (id int, content longtext)`));
    const [{ most } = { most: 0 }] = (await administer('SELECT @@max_allowed_packet AS most')) as [
      { readonly most: number },
    ];
    const insert = { into: 'large', columns: ['id', 'content'] };
    const work = store.write(async (tx) => {
      await tx.run(sql`UPDATE experiments SET creation_time = creation_time + 1 WHERE name = 'a'`);
      await tx.insert(insert, [[1, "'".repeat(most / 2)]]);
    });
    await expect(work).rejects.toBeInstanceOf(ValueRefused);
    await expect(work).rejects.toThrow(`max_allowed_packet is ${most}`);
    const query = store.db.all(sql`SELECT ${'x'.repeat(most)} AS x`);
    await expect(query).rejects.toBeInstanceOf(ValueRefused);
    // One that just fits is kept, and so are many that fit one by one.
    const rows = Array.from({ length: 6 }, (_, index) => [index, 'ü'.repeat(most / 4)]);
    rows.push([6, 'x'.repeat(most - 100)]);
    await store.write((tx) => tx.insert(insert, rows));
    expect(await store.db.all(sql`SELECT id, octet_length(content) AS size FROM large ORDER BY id`)).toEqual([
      ...Array.from({ length: 6 }, (_, id) => ({ id, size: most / 2 })),
      { id: 6, size: most - 100 },
    ]);
  });
});
