import { randomUUID } from 'node:crypto';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseUnavailable, type Store, together, ValueRefused } from './handles.ts';
import { openReader, openStore } from './open-store.ts';
import { raw, sql } from './sql.ts';
import { parseBackendStoreUri } from './uri.ts';

const uri = process.env.TEST_DATABASE_URI;
const isPostgresql = uri?.startsWith('postgresql');

/** The statement of an administrator, on a connection of its own. */
async function administer(statement: string): Promise<readonly Record<string, unknown>[]> {
  const { hostname: host, port, username: user } = new URL(String(uri));
  const address = { host, port: Number(port), user };
  if (isPostgresql) {
    const client = new pg.Client({ ...address, database: 'postgres' });
    await client.connect();
    return (await client.query(statement).finally(() => client.end())).rows ?? [];
  }
  const connection = await mysql.createConnection(address);
  const [rows] = await connection.query(statement).finally(() => connection.end());
  return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
}

describe.runIf(uri)('a store on a server', { timeout: 60_000 }, () => {
  const database = `store_${randomUUID().replaceAll('-', '')}`;
  const backend = (options = '', pool = { size: 4, overflow: 0, recycle_s: 0 }) => ({
    store: parseBackendStoreUri(String(uri).replace(/[^/]+$/, database + options)),
    pool,
    mysqlTls: {},
  });
  let store: Store;
  beforeAll(async () => {
    await administer(`CREATE DATABASE ${database}`);
    store = (await openStore(backend())).store;
    for (const name of ['a', 'b'])
      await store.write((tx) =>
        tx.run(sql`INSERT INTO experiments (name, creation_time) VALUES (${name}, 0)`),
      );
  });
  afterAll(async () => {
    await store.close();
    await administer(`DROP DATABASE ${database}${isPostgresql ? ' WITH (FORCE)' : ''}`);
  });

  const add = (name: string) =>
    sql`UPDATE experiments SET creation_time = creation_time + 1 WHERE name = ${name}`;
  const stored = async (name: string) =>
    (await store.db.get(sql<{ n: number }>`SELECT creation_time AS n FROM experiments WHERE name = ${name}`))
      ?.n;

  /** Resolves for everyone when so many have come. */
  function meeting(size: number): () => Promise<void> {
    let come = 0;
    let open: () => void;
    const all = new Promise<void>((resolve) => {
      open = resolve;
    });
    return () => {
      if (++come >= size) open();
      return all;
    };
  }

  /** Ends every connection to the database but those of the administrator. */
  async function killConnections(): Promise<void> {
    if (isPostgresql) {
      await administer(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
      );
      return;
    }
    for (const { id } of await administer(
      `SELECT id FROM information_schema.processlist WHERE db = '${database}'`,
    ))
      await administer(`KILL ${id}`).catch(() => undefined);
  }

  test('does a transaction again that the engine gave up to end a deadlock', async () => {
    const before = [await stored('a'), await stored('b')];
    const met = meeting(2);
    let attempts = 0;
    const crossing = (first: string, second: string) =>
      store.write(async (tx) => {
        attempts++;
        await tx.run(add(first));
        await met();
        await tx.run(add(second));
      });
    await Promise.all([crossing('a', 'b'), crossing('b', 'a')]);
    expect(attempts).toBeGreaterThan(2);
    expect([await stored('a'), await stored('b')]).toEqual(before.map((value) => Number(value) + 2));
  });

  if (isPostgresql)
    test('does a transaction again that could not be put in an order with another', async () => {
      const { store: strict } = await openStore(
        backend('?options=-c%20default_transaction_isolation%3Dserializable'),
      );
      const before = Number(await stored('a'));
      const met = meeting(2);
      let attempts = 0;
      const readThenWrite = () =>
        strict.write(async (tx) => {
          attempts++;
          const row = await tx.get(
            sql<{ n: number }>`SELECT creation_time AS n FROM experiments WHERE name = 'a'`,
          );
          await met();
          await tx.run(sql`UPDATE experiments SET creation_time = ${Number(row?.n) + 1} WHERE name = 'a'`);
        });
      await Promise.all([readThenWrite(), readThenWrite()]);
      expect(attempts).toBeGreaterThan(2);
      expect(await stored('a')).toBe(before + 2);
      await strict.close();
    });

  test('does a write again whose connection broke before the commit, once', async () => {
    const before = Number(await stored('a'));
    let attempts = 0;
    await store.write(async (tx) => {
      attempts++;
      await tx.run(add('a'));
      if (attempts === 1) await killConnections();
      await tx.run(add('a'));
    });
    // More than two where the next connection had been ended, too, and nobody had told the pool yet.
    expect(attempts).toBeGreaterThan(1);
    expect(await stored('a')).toBe(before + 2);
  });

  test('answers on other connections when all of its own were ended', async () => {
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 4 }, () => stored('a')));
      await killConnections();
      const values = await Promise.all(Array.from({ length: 8 }, () => stored('a')));
      expect(new Set(values).size).toBe(1);
    }
  });

  test('keeps nothing of work that goes on after one of its statements has failed', async () => {
    const before = Number(await stored('a'));
    const outcome = store.write(async (tx) => {
      await tx.run(add('a'));
      await tx.run(sql`INSERT INTO experiments (name) VALUES ('b')`).catch(() => undefined);
      await tx.run(add('a')).catch(() => undefined);
    });
    if (isPostgresql) {
      // The engine would answer the commit with a rollback and call it a success.
      await expect(outcome).rejects.toThrow('nothing was kept');
      expect(await stored('a')).toBe(before);
    } else {
      await outcome;
      expect(await stored('a')).toBe(before + 2);
    }
  });

  test('writes into new tables on all connections at once, without waiting for another one', async () => {
    const crowded = (await openStore(backend('', { size: 2, overflow: 0, recycle_s: 0 }))).store;
    const rows = [1, 2].map((n) => [`tag${n}`, 'x', 1]);
    await Promise.all(
      Array.from({ length: 6 }, () =>
        crowded.write((tx) =>
          tx.insert(
            { into: 'experiment_tags', columns: ['key', 'value', 'experiment_id'], onConflict: 'ignore' },
            rows,
          ),
        ),
      ),
    );
    expect(await crowded.db.all(sql`SELECT value FROM experiment_tags`)).toHaveLength(2);
    await crowded.close();
  });

  test('does writes that are sent together in their order, in tables that are new to it', async () => {
    const fresh = (await openStore(backend(''))).store;
    const tags = [1, 2].map((n) => [`ordered${n}`, 'x', 100 + n]);
    await fresh.write((tx) =>
      together(tx, [
        ...tags.map(
          ([, , id]) =>
            () =>
              tx.run(sql`INSERT INTO experiments (experiment_id, name) VALUES (${id!}, ${`ordered ${id}`})`),
        ),
        // Their foreign key asks for the experiments to be there.
        () => tx.insert({ into: 'experiment_tags', columns: ['key', 'value', 'experiment_id'] }, tags),
      ]),
    );
    const found = await fresh.db.all(sql`SELECT 1 FROM experiment_tags WHERE experiment_id IN (101, 102)`);
    expect(found).toHaveLength(2);
    await fresh.write(async (tx) => {
      await tx.run(sql`DELETE FROM experiment_tags WHERE experiment_id IN (101, 102)`);
      await tx.run(sql`DELETE FROM experiments WHERE experiment_id IN (101, 102)`);
    });
    await fresh.close();
  });

  test('says what the first of several writes failed of, once none of them goes on', async () => {
    let isGoingOn = true;
    const outcome = store.write((tx) =>
      together(tx, [
        async () => {
          await tx.run(add('a'));
          throw new Error('the first');
        },
        async () => {
          await tx.run(add('a'));
          await tx.run(add('a'));
          isGoingOn = false;
          throw new Error('the second');
        },
      ]),
    );
    await expect(outcome).rejects.toThrow('the first');
    // Elsewhere than on PostgreSQL the second was never begun.
    expect(isGoingOn).toBe(!isPostgresql);
  });

  test('tells a lock that another program keeps from a conflict', async () => {
    const impatient = (await openStore(backend(isPostgresql ? '?options=-c%20lock_timeout%3D200' : '')))
      .store;
    const held = store.write(async (tx) => {
      await tx.run(add('a'));
      await impatient
        .write(async (other) => {
          if (!isPostgresql) await other.run(raw('SET SESSION innodb_lock_wait_timeout = 1'));
          await other.run(add('a'));
        })
        .then(
          () => expect.unreachable(),
          (error) => {
            expect(error).toBeInstanceOf(DatabaseUnavailable);
            expect(error).toMatchObject({ reason: 'locked', isUncertain: false });
          },
        );
    });
    await held;
    await impatient.close();
  });

  test('takes text for text', async () => {
    const text = '\\\'); DROP TABLE experiments; -- "é模\u0001';
    await store.write((tx) =>
      tx.run(sql`UPDATE experiments SET artifact_location = ${text} WHERE name = 'a'`),
    );
    expect(
      await store.db.get(
        sql`SELECT artifact_location AS text FROM experiments WHERE artifact_location = ${text}`,
      ),
    ).toEqual({ text });
  });

  test('refuses a value that has no place in its column, and keeps nothing', async () => {
    const work = store.write(async (tx) => {
      await tx.run(add('a'));
      await tx.run(sql`UPDATE experiments SET lifecycle_stage = ${'x'.repeat(40)} WHERE name = 'a'`);
    });
    await expect(work).rejects.toBeInstanceOf(ValueRefused);
  });

  test('reads from the primary while the replica is away', async () => {
    const db = await openReader({
      ...backend(),
      replica: parseBackendStoreUri(
        `${isPostgresql ? 'postgresql' : 'mysql'}://nobody@127.0.0.1:1/${database}`,
      ),
    });
    expect(await db.all(sql`SELECT name FROM experiments ORDER BY name`)).toEqual([
      { name: 'a' },
      { name: 'b' },
    ]);
  });
});
