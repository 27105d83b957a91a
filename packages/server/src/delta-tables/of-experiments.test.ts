import { createExperiment, deleteRun, listDeltaTables, searchRuns } from '@bitacora/protocol';
import type { TestApp } from '@bitacora/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logTable, readingApp, removeTable, settled, writeTable } from './delta-tables.fixture.ts';

const CLASSIC = 'spark/checkpoint-classic';

let app: TestApp;
beforeAll(async () => {
  app = await readingApp();
});
afterAll(() => app[Symbol.asyncDispose]());

describe('the tables of an experiment', () => {
  test('are listed with versions and runs', async () => {
    const path = await writeTable(app, CLASSIC);
    const { experiment_id } = await app.call(createExperiment, { name: `e ${crypto.randomUUID()}` });
    const log = (source: object, digest = 'abc') => logTable(app, source, { experiment_id, digest });
    const [first, second, old] = [
      await log({ path, delta_table_version: 4 }),
      await log({ path, delta_table_version: 4 }, 'other rows of it'),
      await log({ path, delta_table_version: 2 }),
    ];
    const trashed = await log({ path, delta_table_version: 1 });
    for (const run_id of [first, second, old, trashed]) await settled(app, run_id);
    await app.call(deleteRun, { run_id: trashed });
    await settled(app, await log({ delta_table_name: 'a.b.c' }, 'by name'));

    const { tables } = await app.call(listDeltaTables, { experiment_id });
    const orders = { table: path, run_count: 3, latest: { latest_version: 7 } };
    expect(tables).toMatchObject([
      {
        table: 'a.b.c',
        run_count: 1,
        versions: [{ run_count: 1, newest_input: { dataset_digest: 'by name' } }],
      },
      {
        ...orders,
        versions: [
          { version: 4, run_count: 2, versions_behind: 3, is_replaced: false },
          {
            version: 2,
            run_count: 1,
            versions_behind: 5,
            newest_input: { run_id: old, dataset_digest: 'abc' },
          },
        ],
      },
    ]);
    expect(tables[0]?.versions[0]).not.toHaveProperty('version');
    expect([first, second]).toContain(tables[1]?.versions[0]?.newest_input.run_id);

    const paged = await app.call(listDeltaTables, { experiment_id, max_results: 1 });
    expect(paged.tables).toHaveLength(1);
    const page_token = paged.next_page_token;
    expect(
      (await app.call(listDeltaTables, { experiment_id, max_results: 1, page_token })).tables,
    ).toMatchObject([orders]);

    const found = (table_contains: string) => app.call(listDeltaTables, { experiment_id, table_contains });
    expect((await found('CHECKPOINT-classic')).tables).toMatchObject([orders]);
    expect((await found("'; --")).tables).toEqual([]);
  });

  test('have the newest hundred versions of each listed', async () => {
    const { experiment_id } = await app.call(createExperiment, { name: `e ${crypto.randomUUID()}` });
    const log = (path: string, delta_table_version: number) =>
      logTable(app, { path, delta_table_version }, { experiment_id });
    await log('/of/one/version', 7);
    for (let version = 1; version <= 102; version++) await log('/of/many/versions', version);
    const { tables } = await app.call(listDeltaTables, { experiment_id });
    expect(tables.map(({ table, run_count }) => [table, run_count])).toEqual([
      ['/of/many/versions', 102],
      ['/of/one/version', 1],
    ]);
    expect(tables.map(({ versions }) => versions.map(({ version }) => version))).toEqual([
      Array.from({ length: 100 }, (_, at) => 102 - at),
      [7],
    ]);
  });

  test('tell one that was made anew from the one that was read before', async () => {
    const path = await writeTable(app, CLASSIC, { version: 4, as: 'made anew' });
    const { experiment_id } = await app.call(createExperiment, { name: `e ${crypto.randomUUID()}` });
    const log = async () => {
      const run_id = await logTable(app, { path, delta_table_version: 4 }, { experiment_id });
      await settled(app, run_id);
      return run_id;
    };
    const before = await log();
    await removeTable(path);
    await writeTable(app, 'delta-rs/operations', { as: 'made anew' });
    const after = await log();
    expect((await app.call(listDeltaTables, { experiment_id })).tables).toMatchObject([
      {
        run_count: 2,
        latest: { latest_version: 9 },
        versions: [
          { version: 4, versions_behind: 5, is_replaced: false, newest_input: { run_id: after } },
          { version: 4, is_replaced: true, newest_input: { run_id: before } },
        ],
      },
    ]);
    await removeTable(path);
    await writeTable(app, 'delta-rs/checkpoint', { as: 'made anew' });
    const last = await log();
    const { tables } = await app.call(listDeltaTables, { experiment_id });
    const versions = tables[0]?.versions ?? [];
    expect(versions).toMatchObject([
      { is_replaced: false, newest_input: { run_id: last } },
      { is_replaced: true, newest_input: { run_id: after } },
      { is_replaced: true, newest_input: { run_id: before } },
    ]);
    const find = async (table_id: string) => {
      const filter = `dataset.table = '${path}' AND dataset.version = 4 AND dataset.table_id ${table_id}`;
      const { runs = [] } = await app.call(searchRuns, { experiment_ids: [experiment_id], filter });
      return runs.map(({ info }) => info.run_id);
    };
    const [newId, afterId, beforeId] = versions.map(({ newest_input }) => newest_input.table_id);
    expect(await find(`= '${beforeId}'`)).toEqual([before]);
    expect(await find(`IN ('${afterId}', '${beforeId}')`)).toEqual([after, before]);
    expect(await find(`LIKE '${newId?.slice(0, -1)}_'`)).toEqual([last]);
    expect(await find(`!= '${beforeId}'`)).toEqual([last, after]);
    expect(await find(`NOT IN ('${afterId}', '${beforeId}')`)).toEqual([last]);
  });

  test('are found by a pattern of the path that was logged, and of its one spelling', async () => {
    const run_id = await logTable(app, { path: 's3a://no-such-bucket/patterns/', delta_table_version: 4 });
    const find = async (filter: string) => {
      const { runs = [] } = await app.call(searchRuns, { experiment_ids: ['0'], filter });
      return runs.map(({ info }) => info.run_id);
    };
    for (const pattern of ['s3a://%bucket/patterns/', 's3://%bucket/patterns', '%/patterns%']) {
      expect(await find(`dataset.table LIKE '${pattern}'`)).toEqual([run_id]);
      expect(await find(`dataset.table LIKE '${pattern}' AND dataset.version = 4`)).toEqual([run_id]);
      expect(await find(`dataset.table LIKE '${pattern}' AND dataset.version = 5`)).toEqual([]);
    }
    expect(await find("dataset.table ILIKE 'S3://%/PATTERNS'")).toEqual([run_id]);
    expect(await find("dataset.table LIKE 's3://%/patterns/'")).toEqual([]);
  });

  test('leave out of no search by another id what cannot be looked at', async () => {
    const path = '/outside/of/what/may/be/read';
    const run_id = await logTable(app, { path, delta_table_version: 4 });
    const find = async (table_id: string) => {
      const filter = `dataset.table = '${path}' AND dataset.table_id ${table_id}`;
      const { runs = [] } = await app.call(searchRuns, { experiment_ids: ['0'], filter });
      return runs.map(({ info }) => info.run_id);
    };
    expect(await find("!= 'x'")).toEqual([run_id]);
    expect(await find("= 'x'")).toEqual([]);
    expect(await find("LIKE '%'")).toEqual([]);
  });
});
