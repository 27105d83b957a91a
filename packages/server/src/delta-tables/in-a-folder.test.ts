import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '@bitacora/db';
import { searchRuns } from '@bitacora/protocol';
import { createApp } from '@bitacora/server';
import { beforeAll, expect, test, vi } from 'vitest';
import { logTable, readingApp, settled, writeTable } from './delta-tables.fixture.ts';

beforeAll(() => {
  vi.stubEnv('TEST_DATABASE_URI', './mlruns');
});

test('in a file store the snapshots are recorded, searched for, and found out anew when its index is gone', async () => {
  await using app = await readingApp();
  const path = await writeTable(app, 'spark/checkpoint-classic');
  const run_id = await logTable(app, { path, delta_table_version: 4 });
  expect(await settled(app, run_id)).toMatchObject({ status: 'RECORDED', version: 4, versions_behind: 3 });
  const filter = `dataset.table = '${path}' AND dataset.versions_behind >= 3`;
  const { runs = [] } = await app.call(searchRuns, { experiment_ids: ['0'], filter });
  expect(runs.map(({ info }) => info.run_id)).toEqual([run_id]);

  // Another server on a copy of the folder, with no index of it yet.
  const folder = join(app.folder, 'copy');
  cpSync(join(app.folder, 'mlruns'), folder, { recursive: true, preserveTimestamps: true });
  const backend = {
    ...app.config.backend,
    store: { kind: 'file' as const, path: folder, cache: join(app.folder, 'copied-cache') },
  };
  const { store } = await openStore(backend);
  const copy = await createApp({ config: { ...app.config, backend }, store });
  try {
    await copy.ready();
    const input = await vi.waitUntil(
      async () => {
        const answer = await copy.inject(`/api/2.0/bitacora/runs/${run_id}/delta-inputs`);
        const [found] = answer.json<{ delta_inputs: { status: string; version: number }[] }>().delta_inputs;
        return found?.status === 'RECORDED' ? found : undefined;
      },
      { timeout: 30_000, interval: 50 },
    );
    expect(input.version).toBe(4);
  } finally {
    await copy.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
});
