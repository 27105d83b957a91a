import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../open-store.ts';
import { POOL_DEFAULTS } from '../pool-settings.ts';
import { sql } from '../sql.ts';
import { createSchema } from './create-schema.ts';
import { INDEXES } from './indexes.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bitacora-indexes-'));
  path = join(folder, 'mlflow.db');
  const db = new DatabaseSync(path);
  createSchema(db);
  db.exec(`BEGIN;
    INSERT INTO experiments (experiment_id, name, lifecycle_stage) VALUES (1, 'e', 'active');
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
    INSERT INTO runs (run_uuid, experiment_id, lifecycle_stage, start_time, status) SELECT printf('%032x', i), 1, 'active', i, 'FINISHED' FROM n;
    INSERT INTO params (key, value, run_uuid) SELECT 'p', run_uuid, run_uuid FROM runs;
    COMMIT`);
  db.close();
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = () =>
  openStore(
    { store: { kind: 'sqlite', path, options: {} }, pool: POOL_DEFAULTS, mysqlTls: {} },
    { addsIndexes: false },
  );

const indexesOf = (file: string) => {
  const db = new DatabaseSync(file, { readOnly: true });
  const rows = db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'bitacora%'")
    .all();
  db.close();
  return rows.map(({ name }) => String(name)).sort();
};

test('indexes come while the store is read and written, and nothing is refused or lost', async () => {
  const { store, addIndexes, missingIndexes } = await open();
  expect(missingIndexes).toEqual(INDEXES.map(({ name }) => name));
  const work = addIndexes?.();
  let isDone = false;
  work?.done.then(() => {
    isDone = true;
  });
  let written = 0;
  while (!isDone) {
    await store.write((tx) =>
      tx.run(sql`INSERT INTO experiments (name, lifecycle_stage) VALUES (${`e${written}`}, 'active')`),
    );
    written++;
    expect(await store.db.get(sql`SELECT count(*) AS n FROM runs`)).toEqual({ n: 50_000 });
    // Lets the thread be heard.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await store.db.get(sql`SELECT count(*) AS n FROM experiments`)).toEqual({ n: written + 1 });
  expect(indexesOf(path)).toEqual(INDEXES.map(({ name }) => name).sort());
  await store.close();
  expect(
    await open().then(async (again) => [again.missingIndexes, await again.store.close()][0]),
  ).toBeUndefined();
});

test('a stop waits for the index at hand alone, and the next start goes on', async () => {
  const { store, addIndexes } = await open();
  const work = addIndexes?.();
  await work?.stop();
  await store.close();
  const made = indexesOf(path).length;
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(INDEXES.length);

  const next = await open();
  expect(next.missingIndexes).toHaveLength(INDEXES.length - made);
  await next.addIndexes?.().done;
  await next.store.close();
  expect(indexesOf(path)).toHaveLength(INDEXES.length);
});
