import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sql } from '../sql.ts';
import { FileStore } from './store.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'bitacora-folder-')));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const RUN_ID = 'a'.repeat(32);

/** As MLflow does it in another process. */
function writeRun(folder: string) {
  const run = join(folder, '1', RUN_ID);
  mkdirSync(run, { recursive: true });
  const lines = [
    `artifact_uri: ${run}/artifacts`,
    'end_time: null',
    "experiment_id: '1'",
    'lifecycle_stage: active',
    `run_id: ${RUN_ID}`,
    'run_name: theirs',
    'start_time: 1000',
    'status: 1',
    'user_id: somebody',
  ];
  writeFileSync(join(run, 'meta.yaml'), `${lines.join('\n')}\n`);
}

test('what another program wrote is news also when whoever asked for it by its id has met it first', async () => {
  const folder = join(root, 'mlruns');
  mkdirSync(join(folder, '1'), { recursive: true });
  writeFileSync(
    join(folder, '1', 'meta.yaml'),
    "artifact_location: ./a\nexperiment_id: '1'\nlifecycle_stage: active\nname: ours\n",
  );
  const { store } = await FileStore.open({ kind: 'file', path: folder, cache: join(root, 'cache') });
  try {
    store.hasNews();
    await store.write(async (tx) =>
      tx.run(sql`UPDATE experiments SET name = 'renamed' WHERE experiment_id = 1`),
    );
    expect(store.hasNews()).toBe(false);
    writeRun(folder);
    expect(await store.db.get(sql`SELECT name FROM runs WHERE run_uuid = ${RUN_ID}`)).toEqual({
      name: 'theirs',
    });
    expect([store.hasNews(), store.hasNews()]).toEqual([true, false]);
  } finally {
    await store.close();
  }
});
