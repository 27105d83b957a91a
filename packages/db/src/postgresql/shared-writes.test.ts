import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Store, Tx } from '../handles.ts';
import { openStore } from '../open-store.ts';
import { raw, sql } from '../sql.ts';
import { parseBackendStoreUri } from '../uri.ts';
import { Client } from './client.ts';

const uri = process.env.TEST_DATABASE_URI;

describe.runIf(uri?.startsWith('postgresql'))('writes that commute', { timeout: 60_000 }, () => {
  const database = `shared_${randomUUID().replaceAll('-', '')}`;
  const own = String(uri).replace(/[^/]+$/, database);
  let store: Store;

  async function administer(statement: string, connectionString = String(uri)) {
    const client = new pg.Client({ connectionString });
    await client.connect();
    return (await client.query(statement).finally(() => client.end())).rows;
  }

  beforeAll(async () => {
    await administer(`CREATE DATABASE ${database}`);
    const backend = { pool: { size: 4, overflow: 0, recycle_s: 0 }, mysqlTls: {} };
    store = (await openStore({ store: parseBackendStoreUri(own), ...backend })).store;
  });
  afterAll(async () => {
    await store.close();
    await administer(`DROP DATABASE ${database} WITH (FORCE)`);
  });

  const add = (tx: Tx, name: string) =>
    tx.run(sql`INSERT INTO experiments (name, creation_time) VALUES (${name}, 0)`);
  const transactionId = async (tx: Tx) =>
    (await tx.get(sql<{ id: string }>`SELECT CAST(pg_current_xact_id() AS text) AS id`))?.id;
  const names = async (prefix: string) =>
    (
      await store.db.all(
        sql<{ name: string }>`SELECT name FROM experiments WHERE name LIKE ${`${prefix}%`} ORDER BY name`,
      )
    ).map(({ name }) => name);
  const commuting = <T>(work: (tx: Tx) => Promise<T>) => store.write(work, { commutes: true });

  /** Adds experiments at once, and whatever else is asked for, as requests that come in one turn would. */
  const addAll = (prefix: string, others: readonly (() => Promise<unknown>)[]) =>
    Promise.allSettled([
      ...[1, 2, 3].map((n) =>
        commuting(async (tx) => {
          await add(tx, `${prefix} ${n}`);
          return transactionId(tx);
        }),
      ),
      ...others.map((other) => other()),
    ]);

  test('are told of, and not done again, where the engine began no transaction for them', async () => {
    const { query } = Client.prototype as pg.Client;
    let times = 2;
    const spy = vi.spyOn(Client.prototype, 'query').mockImplementation(function (
      this: Client,
      statement: unknown,
      ...others: unknown[]
    ) {
      const isWrong = statement === 'BEGIN' && times-- > 0;
      return Reflect.apply(query, this, [isWrong ? 'BEGIN NOTHING' : statement, ...others]);
    } as never);
    try {
      const outcomes = await addAll('not begun', []);
      const alone = store.write((tx) => add(tx, 'not begun alone'));
      await expect(alone).rejects.toMatchObject({ isUncertain: true });
      for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { isUncertain: true } });
    } finally {
      spy.mockRestore();
    }
    await commuting((tx) => add(tx, 'begun'));
    expect(await names('begun')).toEqual(['begun']);
  });

  test('share a transaction when they come together', async () => {
    const outcomes = await addAll('together', []);
    expect(new Set(outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value)).size).toBe(1);
    expect(await names('together')).toHaveLength(3);
  });

  test('have one of their own where they do not say so', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => store.write((tx) => transactionId(tx))));
    expect(new Set(ids).size).toBe(3);
  });

  test('keep what they did when another one is refused before it has written', async () => {
    let attempts = 0;
    const outcomes = await addAll('refused', [
      () =>
        commuting(async (tx) => {
          attempts++;
          await names('nothing');
          await tx.get(sql`SELECT 1 AS one`);
          throw new RangeError('refused');
        }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(outcomes[3]).toMatchObject({ reason: expect.any(RangeError) });
    expect(attempts).toBe(1);
    expect(await names('refused')).toHaveLength(3);
  });

  test('lose nothing to one that writes and then fails, of which nothing stays', async () => {
    const outcomes = await addAll('fails', [
      () =>
        commuting(async (tx) => {
          await add(tx, 'fails half');
          throw new RangeError('half done');
        }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(await names('fails')).toEqual(['fails 1', 'fails 2', 'fails 3']);
  });

  test('lose nothing to a statement that fails, whether or not its own work goes on', async () => {
    await addAlone('taken');
    const outcomes = await addAll('statement', [
      () => commuting((tx) => add(tx, 'taken')),
      () =>
        commuting(async (tx) => {
          await add(tx, 'taken').catch(() => undefined);
        }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'fulfilled'],
      ...['rejected', 'rejected'],
    ]);
    expect(await names('statement')).toHaveLength(3);
  });

  const addAlone = (name: string) => store.write((tx) => add(tx, name));

  test('are done again, once, when their connection breaks before the commit', async () => {
    let attempts = 0;
    const outcomes = await addAll('broken', [
      () =>
        commuting(async (tx) => {
          await add(tx, 'broken 4');
          if (++attempts === 1)
            await administer(
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
            );
          await tx.get(sql`SELECT 1 AS one`);
        }),
    ]);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['fulfilled']));
    expect(attempts).toBe(2);
    expect(await names('broken')).toHaveLength(4);
  });

  test('do not wait for one that waits for the row of another program', async () => {
    await addAlone('held');
    const touch = (tx: Tx) => tx.run(sql`UPDATE experiments SET creation_time = 1 WHERE name = 'held'`);
    const blocker = new pg.Client({ connectionString: own });
    await blocker.connect();
    await blocker.query("BEGIN; UPDATE experiments SET creation_time = 2 WHERE name = 'held'");
    const waiting = [commuting(touch), commuting((tx) => add(tx, 'with it'))];
    // Not before they have come so far: else it would be one of them.
    const areWaiting = () =>
      administer(`SELECT 1 FROM pg_stat_activity WHERE datname = '${database}' AND wait_event_type = 'Lock'`);
    await vi.waitUntil(async () => (await areWaiting()).length > 0, { timeout: 50_000 });
    await commuting((tx) => add(tx, 'not with it'));
    expect(await names('not with it')).toHaveLength(1);
    expect(await names('with it')).toHaveLength(0);
    await blocker.query('COMMIT');
    await blocker.end();
    await Promise.all(waiting);
    expect(await names('with it')).toHaveLength(1);
  });

  describe('statements with names', () => {
    const often = () => Promise.all(Array.from({ length: 12 }, () => names('together')));

    test('are used for what comes often, also after statements have failed', async () => {
      for (let round = 0; round < 5; round++) await addAlone(`named ${round}`);
      const prepared = await store.write(async (tx) => {
        await add(tx, 'named at last');
        return tx.all(
          sql`SELECT name FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO experiments%'`,
        );
      });
      expect(prepared).toHaveLength(1);
    });

    test('are planned anew when a table has another shape', async () => {
      await often();
      await administer('ALTER TABLE experiments ALTER COLUMN name TYPE varchar(300)', own);
      for (const found of await often()) expect(found).toHaveLength(3);
    });

    test('are done without when the connection does not know them, as behind a pooler', async () => {
      await often();
      for (let round = 0; round < 8; round++) await store.write((tx) => tx.run(raw('DEALLOCATE ALL')));
      for (const found of await often()) expect(found).toHaveLength(3);
      await addAlone('without a name');
      expect(await names('without')).toHaveLength(1);
    });
  });
});
