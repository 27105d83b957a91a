import { rm } from 'node:fs/promises';
import { ArtifactError, ArtifactStores } from '@bitacora/artifacts';
import { raw, sql } from '@bitacora/db';
import { deleteRun, logInputs, searchRuns } from '@bitacora/protocol';
import { buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test, vi } from 'vitest';
import { purgeRuns } from '../purge/rows.ts';
import { committedMs, inputsOf, logTable, writeTable } from './delta-tables.fixture.ts';
import { lookAtTable } from './look.ts';
import { type RecorderOptions, SnapshotRecorder } from './recorder.ts';

const CLASSIC = 'spark/checkpoint-classic';

/** A server that leaves what waits to the recorders of a test. */
const queueing = () => testApp({}, { recordsSnapshots: false });

const stores = new ArtifactStores({});

/** A recorder on the app's database whose time the test moves, and that reads where it is. */
function recorderOn(app: TestApp, { look }: Partial<Pick<RecorderOptions, 'look'>> = {}) {
  const time = { nowMs: Date.now() + 3_600_000 };
  const looks = vi.fn(look ?? ((wanted) => lookAtTable(stores, wanted)));
  const recorder = new SnapshotRecorder({
    store: app.store,
    clock: { nowMs: () => time.nowMs },
    settings: {
      deltaTableLocations: [`${app.folder}/tables`],
      workspacesEnabled: false,
      artifactReach: { homes: [], anyHost: [] },
    },
    look: looks,
    log: { warn: () => undefined, error: (details: unknown) => expect.fail(JSON.stringify(details)) },
  });
  return { recorder, looks, time, [Symbol.asyncDispose]: () => recorder.close() };
}

const only = async (app: TestApp, run_id: string) => (await inputsOf(app, run_id))[0]!;

const count = async ({ store }: TestApp, table: string) =>
  Number((await store.db.get(sql<{ n: number }>`SELECT count(*) AS n FROM ${raw(table)}`))?.n);

describe('the recorder', () => {
  test('opens a table once for all that wait for it', async () => {
    await using app = await queueing();
    await using own = recorderOn(app);
    const path = await writeTable(app, CLASSIC);
    const runs = await Promise.all(
      [4, 4, 7].map((version) => logTable(app, { path, delta_table_version: version })),
    );
    await own.recorder.recordDue();
    expect(own.looks).toHaveBeenCalledTimes(1);
    for (const run_id of runs) expect((await only(app, run_id)).status).toBe('RECORDED');
    expect(await count(app, 'bitacora_delta_snapshots')).toBe(2);
  });

  test('pins what was current when it was logged, however late it comes', async () => {
    await using app = await queueing();
    await using own = recorderOn(app);
    const path = await writeTable(app, CLASSIC);
    const run_id = await logTable(app, { path });
    await app.store.write((tx) =>
      tx.run(sql`UPDATE bitacora_delta_inputs SET logged_timestamp = ${committedMs(5) + 60_000}`),
    );
    await own.recorder.recordDue();
    expect(await only(app, run_id)).toMatchObject({ version: 5, versions_behind: 2 });
  });

  test('takes the first version for a table that is younger than its logging by a clock that is ahead', async () => {
    await using app = await queueing();
    await using own = recorderOn(app);
    const path = await writeTable(app, CLASSIC, { version: 1 });
    const [ahead, before] = [await logTable(app, { path }), await logTable(app, { path })];
    for (const [run_id, time] of [
      [ahead, committedMs(0) - 5_000],
      [before, committedMs(0) - 3_600_000],
    ] as const)
      await app.store.write((tx) =>
        tx.run(sql`UPDATE bitacora_delta_inputs SET logged_timestamp = ${time} WHERE run_id = ${run_id}`),
      );
    await own.recorder.recordDue();
    expect(await only(app, ahead)).toMatchObject({ version: 0, status: 'RECORDED' });
    expect(await only(app, before)).toMatchObject({
      status: 'UNAVAILABLE',
      error_message: expect.stringContaining('No version of'),
    });
  });

  test('tries again where a store is away, and gives up in the end', async () => {
    await using app = await queueing();
    await using own = recorderOn(app, {
      look: async () => {
        throw new ArtifactError('unavailable', 'The store is away.');
      },
    });
    const path = await writeTable(app, CLASSIC);
    const run_id = await logTable(app, { path, delta_table_version: 4 });
    await own.recorder.recordDue();
    expect(await only(app, run_id)).toMatchObject({ status: 'PENDING', error_message: 'The store is away.' });
    await own.recorder.recordDue();
    expect(own.looks).toHaveBeenCalledTimes(1);
    for (let attempt = 2; attempt <= 8; attempt++) {
      own.time.nowMs += 25 * 3_600_000;
      await own.recorder.recordDue();
      expect(own.looks).toHaveBeenCalledTimes(attempt);
    }
    expect(await only(app, run_id)).toMatchObject({ status: 'UNAVAILABLE', version: 4 });
  });

  test('shares its work with others, and takes up what one left that died', async () => {
    await using app = await queueing();
    await using alive = recorderOn(app);
    const hung = Promise.withResolvers<never>();
    const dead = recorderOn(app, { look: () => hung.promise });
    const path = await writeTable(app, CLASSIC);
    const run_id = await logTable(app, { path, delta_table_version: 4 });
    dead.recorder.wake();
    await vi.waitUntil(() => dead.looks.mock.calls.length === 1, { timeout: 20_000 });
    await alive.recorder.recordDue();
    expect(alive.looks).not.toHaveBeenCalled();
    alive.time.nowMs += 300_000;
    await alive.recorder.recordDue();
    expect(await only(app, run_id)).toMatchObject({ status: 'RECORDED', version: 4 });
    hung.reject(new ArtifactError('unavailable', 'died'));
    await dead.recorder.close();
    expect(await only(app, run_id)).toMatchObject({ status: 'RECORDED' });
  });

  test('gives back at its end what it has begun', async () => {
    await using app = await queueing();
    await using next = recorderOn(app);
    const hung = recorderOn(app, { look: () => new Promise(() => undefined) });
    const path = await writeTable(app, CLASSIC);
    const run_id = await logTable(app, { path, delta_table_version: 4 });
    hung.recorder.wake();
    await vi.waitUntil(() => hung.looks.mock.calls.length === 1, { timeout: 20_000 });
    await hung.recorder.close();
    await next.recorder.recordDue();
    expect((await only(app, run_id)).status).toBe('RECORDED');
  });

  test('notes what others have recorded, once', async () => {
    await using app = await queueing();
    await using own = recorderOn(app);
    const path = await writeTable(app, CLASSIC);
    const run_id = await logTable(app, { path, delta_table_version: 4 });
    // As after a release before, or a Python server beside.
    for (const table of ['inputs', 'tables', 'snapshots'])
      await app.store.write((tx) => tx.run(sql`DELETE FROM ${raw(`bitacora_delta_${table}`)}`));
    await own.recorder.tidy();
    await own.recorder.recordDue();
    expect(await only(app, run_id)).toMatchObject({ status: 'RECORDED', version: 4, dataset_name: 'orders' });
    await own.recorder.tidy();
    expect(await count(app, 'bitacora_delta_inputs')).toBe(1);
  });

  test('looks at tables in use from time to time, and only reads what has changed', async () => {
    await using app = await queueing();
    await using own = recorderOn(app);
    const path = await writeTable(app, CLASSIC, { version: 4, as: 'moving' });
    const run_id = await logTable(app, { path });
    await own.recorder.recordDue();
    expect(await only(app, run_id)).toMatchObject({ versions_behind: 0 });
    await own.recorder.tidy();
    expect(own.looks).toHaveBeenCalledTimes(1);
    await writeTable(app, CLASSIC, { as: 'moving' });
    own.time.nowMs += 16 * 60_000;
    await own.recorder.tidy();
    expect(own.looks.mock.calls[1]?.[0]).toMatchObject({ moments: [], known: { version: 4 } });
    expect(await only(app, run_id)).toMatchObject({ versions_behind: 3, latest: { latest_version: 7 } });
    own.time.nowMs += 16 * 60_000;
    await rm(path, { recursive: true });
    await own.recorder.tidy();
    expect((await only(app, run_id)).latest).toMatchObject({
      latest_version: 7,
      error_message: expect.stringContaining('no folder'),
    });
  });

  test('forgets what no run has read any more', async () => {
    await using app = await queueing();
    await using own = recorderOn(app);
    const path = await writeTable(app, CLASSIC);
    const [kept, gone] = [
      await logTable(app, { path, delta_table_version: 4 }),
      await logTable(app, { path, delta_table_version: 5 }),
    ];
    await own.recorder.recordDue();
    await app.call(deleteRun, { run_id: gone });
    await own.recorder.tidy();
    expect(await count(app, 'bitacora_delta_inputs')).toBe(2);
    await app.store.write((tx) => purgeRuns(tx, [gone]));
    expect(await count(app, 'bitacora_delta_inputs')).toBe(1);
    expect(await count(app, 'bitacora_delta_snapshots')).toBe(1);
    // A Python server that shares the database purges rows of its own tables alone.
    await app.store.write((tx) => tx.run(sql`DELETE FROM inputs`));
    for (const table of ['tags', 'runs'])
      await app.store.write((tx) => tx.run(sql`DELETE FROM ${raw(table)} WHERE run_uuid = ${kept}`));
    // One that begins now: others' doings are told from ours by who wrote.
    await using later = recorderOn(app);
    await later.recorder.tidy();
    for (const table of ['inputs', 'tables', 'snapshots'])
      expect(await count(app, `bitacora_delta_${table}`)).toBe(0);
  });
});

test('inputs of other sources leave no trace', async () => {
  await using app = await queueing();
  const run_id = await buildRun(app);
  const dataset = { name: 'd', digest: 'd', source_type: 'local', source: '{"path": "/data/t"}' };
  await app.call(logInputs, { run_id, datasets: [{ dataset, tags: [] }] });
  for (const table of ['inputs', 'tables']) expect(await count(app, `bitacora_delta_${table}`)).toBe(0);
});

describe('runs are found by the Delta table that they have read', () => {
  test('its path or name, its version, and how far it has moved on', async () => {
    await using app = await queueing();
    await using own = recorderOn(app);
    const [orders, other] = [await writeTable(app, CLASSIC), await writeTable(app, 'delta-rs/operations')];
    const [two, seven, nine] = [
      await logTable(app, { path: orders, delta_table_version: 2 }),
      await logTable(app, { path: `file://${orders}/`, delta_table_version: 7 }),
      await logTable(app, { path: other, delta_table_version: 1 }),
    ];
    // One that reads both, each at another version.
    const both = await logTable(app, { path: orders, delta_table_version: 3 });
    await app.call(logInputs, {
      run_id: both,
      datasets: [
        {
          dataset: {
            name: 'second',
            digest: 'x',
            source_type: 'delta_table',
            source: JSON.stringify({ path: other, delta_table_version: 9 }),
          },
          tags: [],
        },
      ],
    });
    const named = await logTable(app, { delta_table_name: 'main.sales.orders', delta_table_version: 5 });
    await own.recorder.recordDue();
    await buildRun(app);

    const found = async (filter: string, order_by: readonly string[] = []) => {
      const { runs = [] } = await app.call(searchRuns, { experiment_ids: ['0'], filter, order_by });
      return runs.map(({ info }) => info.run_id).sort();
    };
    const sorted = (...runs: readonly string[]) => [...runs].sort();
    expect(await found(`dataset.table = '${orders}'`)).toEqual(sorted(two, seven, both));
    expect(await found(`dataset.table = 'file:${orders}'`)).toEqual(sorted(two, seven, both));
    expect(await found("datasets.table LIKE '%classic%'")).toEqual(sorted(two, seven, both));
    expect(await found("dataset.table ILIKE 'MAIN.%'")).toEqual([named]);
    expect(await found("dataset.table = 'main.sales.orders'")).toEqual([named]);
    expect(await found(`dataset.table IN ('${other}', 'main.sales.orders')`)).toEqual(
      sorted(nine, both, named),
    );
    expect(await found(`dataset.table != '${orders}'`)).toEqual(sorted(nine, both, named));
    expect(await found('dataset.version >= 5')).toEqual(sorted(seven, both, named));
    expect(await found('dataset.version = 2')).toEqual([two]);
    expect(await found('dataset.version > 2.5 AND dataset.version < 4')).toEqual([both]);
    // One and the same data set: the run that reads both has version 9 of the other.
    expect(await found(`dataset.table = '${orders}' AND dataset.version >= 5`)).toEqual([seven]);
    expect(await found('dataset.versions_behind >= 5')).toEqual(sorted(two, nine));
    expect(await found(`dataset.versions_behind >= 1 AND dataset.table = '${orders}'`)).toEqual(
      sorted(two, both),
    );
    expect(await found('dataset.versions_behind = 0')).toEqual(sorted(seven, both));
    expect(await found('dataset.versions_behind != 0')).toEqual(sorted(two, both, nine));
    expect(await found('dataset.versions_behind < 5')).toEqual(sorted(seven, both));
    expect(await found('dataset.versions_behind <= 5')).toEqual(sorted(two, seven, both));
    expect(await found('dataset.versions_behind > 4')).toEqual(sorted(two, nine));
    expect(await found('dataset.versions_behind > 0.5 AND dataset.versions_behind < 4.5')).toEqual([both]);
    expect(await found('dataset.versions_behind > 9007199254740993')).toEqual([]);
    expect(await found('dataset.versions_behind > 9223372036854775807')).toEqual([]);
    expect(await found('dataset.versions_behind < 9007199254740991')).toEqual(sorted(two, seven, both, nine));
    expect(await found('dataset.versions_behind >= -9007199254740991')).toEqual(
      sorted(two, seven, both, nine),
    );
    expect(await found("dataset.name = 'orders' AND dataset.version = 7", ['metrics.loss DESC'])).toEqual([
      seven,
    ]);
    for (const [filter, words] of [
      ["dataset.version = '3'", 'without quotes'],
      ['dataset.table = 3', 'quoted string'],
      ['dataset.versions_behind IN (1)', 'Invalid comparator'],
      ["dataset.path = 'x'", 'table, table_id, version, versions_behind'],
    ] as const)
      await expect(found(filter)).rejects.toMatchObject({ message: expect.stringContaining(words) });
  });
});
