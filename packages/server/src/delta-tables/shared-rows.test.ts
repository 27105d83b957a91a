import { setTimeout as sleep } from 'node:timers/promises';
import { ArtifactStores } from '@bitacora/artifacts';
import { type Store, sql, type Tx } from '@bitacora/db';
import { logInputs } from '@bitacora/protocol';
import { buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import { purgeRuns } from '../purge/rows.ts';
import { inputsOf, logTable, writeTable } from './delta-tables.fixture.ts';
import { lookAtTable } from './look.ts';
import { noteDeltaInput } from './notes.ts';
import { SnapshotRecorder } from './recorder.ts';

const stores = new ArtifactStores({});

/** What another connection may wait for in the meantime. An engine with one writer lets it begin only afterwards. */
const LONG_ENOUGH_MS = 500;

/**
 * A transaction that is held open, all of its work done, while another begins and comes as far as it can.
 *
 * @param held which of the first's transactions it is, counted from 1.
 * @returns when both have ended
 */
async function overlap(
  { store }: TestApp,
  first: (write: Store['write']) => Promise<unknown>,
  second: (write: Store['write']) => Promise<unknown>,
  held = 1,
): Promise<void> {
  const write: Store['write'] = (work, options) => store.write(work, options);
  let other: Promise<unknown> | undefined;
  let count = 0;
  await first((work, options) => {
    if (++count !== held) return write(work, options);
    return write(async (tx: Tx) => {
      const result = await work(tx);
      other ??= second(write);
      await Promise.race([other, sleep(LONG_ENOUGH_MS)]);
      return result;
    }, options);
  });
  await other;
}

/** Records what is due by way of the transactions that it is given. */
async function record(app: TestApp, write: Store['write']) {
  const recorder = new SnapshotRecorder({
    store: { db: app.store.db, write },
    clock: { nowMs: () => Date.now() + 3_600_000 },
    settings: {
      deltaTableLocations: [`${app.folder}/tables`],
      workspacesEnabled: false,
      artifactReach: { homes: [], anyHost: [] },
    },
    look: (wanted) => lookAtTable(stores, wanted),
    log: { warn: () => undefined, error: (details: unknown) => expect.fail(JSON.stringify(details)) },
  });
  await recorder.recordDue();
  await recorder.close();
}

const CLASSIC = 'spark/checkpoint-classic';

/** A run whose snapshot is recorded, and one that waits for the same. */
async function twoOfOneSnapshot() {
  const app = await testApp({}, { recordsSnapshots: false });
  const path = await writeTable(app, CLASSIC);
  const recorded = await logTable(app, { path, delta_table_version: 4 });
  await record(app, (work, options) => app.store.write(work, options));
  const waiting = await logTable(app, { path, delta_table_version: 4 });
  return { app, path, recorded, waiting };
}

/** All that is recorded has its snapshot, and every input its table. */
async function expectWhole({ store }: TestApp) {
  const broken = await store.db.all(sql`
    SELECT di.delta_input_id, di.status FROM bitacora_delta_inputs di
      LEFT JOIN bitacora_delta_tables dt ON dt.location_id = di.location_id
      LEFT JOIN bitacora_delta_snapshots ds ON ds.snapshot_id = di.snapshot_id
    WHERE dt.location_id IS NULL OR (di.status = 'RECORDED' AND ds.snapshot_id IS NULL)`);
  expect(broken).toEqual([]);
}

describe('the snapshot of a run that is purged', () => {
  const purge = (run_id: string) => (write: Store['write']) => write((tx) => purgeRuns(tx, [run_id]));

  test('stays for another run whose recording is not committed yet', async () => {
    const { app, recorded, waiting } = await twoOfOneSnapshot();
    await using _ = app;
    // The first claims what is due.
    await overlap(app, (write) => record(app, write), purge(recorded), 2);
    await expectWhole(app);
    expect(await inputsOf(app, waiting)).toMatchObject([{ status: 'RECORDED', snapshot: { version: 4 } }]);
    expect(await inputsOf(app, recorded).catch(() => [])).toEqual([]);
  });

  test('is made again by a recording that comes while it is being deleted', async () => {
    const { app, recorded, waiting } = await twoOfOneSnapshot();
    await using _ = app;
    await overlap(app, purge(recorded), (write) => record(app, write));
    await record(app, (work, options) => app.store.write(work, options));
    await expectWhole(app);
    expect(await inputsOf(app, waiting)).toMatchObject([{ status: 'RECORDED', snapshot: { version: 4 } }]);
  });
});

describe('the table of the last run that has read it', () => {
  const SOURCE = { path: 's3://lake/orders', delta_table_version: 1 };

  test('is there for a run that logs it while it is being deleted', async () => {
    await using app = await testApp({}, { recordsSnapshots: false });
    const last = await logTable(app, SOURCE);
    const run_id = await buildRun(app);
    const dataset = {
      name: 'orders',
      digest: 'abc',
      source_type: 'delta_table',
      source: JSON.stringify(SOURCE),
    };
    await overlap(
      app,
      (write) => write((tx) => purgeRuns(tx, [last])),
      () => app.call(logInputs, { run_id, datasets: [{ dataset, tags: [] }] }),
    );
    await expectWhole(app);
    expect(await inputsOf(app, run_id)).toMatchObject([{ version: 1 }]);
  });

  test('stays for a run whose logging is not committed yet', async () => {
    await using app = await testApp({}, { recordsSnapshots: false });
    const last = await logTable(app, SOURCE);
    const run_id = await buildRun(app);
    const input = { run_id, name: 'orders', digest: 'abc', source: JSON.stringify(SOURCE) };
    await overlap(
      app,
      (write) => write((tx) => noteDeltaInput(tx, { ...input, logged_timestamp: 1 })),
      (write) => write((tx) => purgeRuns(tx, [last])),
    );
    await expectWhole(app);
    expect(await inputsOf(app, run_id)).toMatchObject([{ version: 1 }]);
  });
});
