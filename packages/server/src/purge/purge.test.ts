import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { raw, sql } from '@bitacora/db';
import {
  createExperiment,
  createLoggedModel,
  createRun,
  deleteExperiment,
  deleteLoggedModel,
  deleteRun,
  logBatch,
  logInputs,
} from '@bitacora/protocol';
import { type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import { openPurge } from './open.ts';
import { type PurgeRequest, purge } from './service.ts';

const ALL: PurgeRequest = { olderThan_ms: 0, isDryRun: false, keepsArtifacts: false };

async function run(app: TestApp, request: Partial<PurgeRequest> = {}) {
  const { store, config } = app;
  await using deps = await openPurge({
    store,
    settings: {
      artifactsDestination: config.artifactsDestination,
      artifactReach: { homes: [], anyHost: [] },
      fileStore: undefined,
    },
    workspace: 'default',
  });
  return Array.fromAsync(purge(deps, { ...ALL, ...request }));
}

/** A run with something of everything, and a file. */
async function madeRun(app: TestApp, experiment_id = '0') {
  const { run } = await app.call(createRun, { experiment_id, tags: [{ key: 'k', value: 'v' }] });
  const { run_id } = run.info;
  await app.call(logBatch, {
    run_id,
    metrics: [{ key: 'm', value: 1, timestamp: 1, step: 0 }],
    params: [{ key: 'p', value: 'x' }],
  });
  await app.call(logInputs, {
    run_id,
    datasets: [
      {
        dataset: { name: 'd', digest: run_id.slice(0, 8), source_type: 'code', source: '{}' },
        tags: [{ key: 'mlflow.data.context', value: 'training' }],
      },
    ],
  });
  await put(app, `${experiment_id}/${run_id}/artifacts/model/a.txt`);
  return run_id;
}

async function put(app: TestApp, path: string) {
  const { statusCode } = await app.inject({
    method: 'PUT',
    url: `/api/2.0/mlflow-artifacts/artifacts/${path}`,
    payload: 'content',
  });
  expect(statusCode).toBe(200);
}

const file = (app: TestApp, path: string) => existsSync(join(app.config.artifactsDestination, path));

/** The tables that have a text anywhere in a row. */
async function tablesWith({ store }: TestApp, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const table of [
    'runs',
    'tags',
    'params',
    'metrics',
    'latest_metrics',
    'inputs',
    'input_tags',
    'datasets',
    'logged_models',
    'logged_model_params',
    'logged_model_tags',
    'experiments',
    'experiment_tags',
  ]) {
    const rows = await store.db.all(sql<Record<string, unknown>>`SELECT * FROM ${raw(table)}`);
    if (rows.some((row) => Object.values(row).some((value) => String(value).includes(text))))
      found.push(table);
  }
  return found;
}

describe('purging', () => {
  test('removes what is deleted, with its files, and nothing else', async () => {
    await using app = await testApp();
    const [kept, gone] = [await madeRun(app), await madeRun(app)];
    await app.call(deleteRun, { run_id: gone });
    expect(await run(app)).toEqual([{ kind: 'run', id: gone }]);
    expect(await tablesWith(app, gone)).toEqual([]);
    expect(file(app, `0/${gone}`)).toBe(false);
    expect(await tablesWith(app, kept)).toEqual([
      'runs',
      'tags',
      'params',
      'metrics',
      'latest_metrics',
      'inputs',
    ]);
    expect(file(app, `0/${kept}/artifacts/model/a.txt`)).toBe(true);
    expect(await run(app)).toEqual([]);
  });

  test('takes an experiment with its runs, logged models and traces', async () => {
    await using app = await testApp();
    const { experiment_id } = await app.call(createExperiment, {
      name: 'old',
      tags: [{ key: 'a', value: 'gone-tag' }],
    });
    const run_id = await madeRun(app, experiment_id);
    const { model } = await app.call(createLoggedModel, {
      experiment_id,
      name: 'net',
      params: [{ key: 'p', value: '1' }],
    });
    const { model_id } = model.info;
    await put(app, `${experiment_id}/models/${model_id}/artifacts/MLmodel`);
    await app.call(deleteExperiment, { experiment_id });
    expect(await run(app)).toEqual([
      { kind: 'run', id: run_id },
      { kind: 'logged model', id: model_id },
      { kind: 'experiment', id: experiment_id },
    ]);
    expect([
      ...(await tablesWith(app, run_id)),
      ...(await tablesWith(app, model_id)),
      ...(await tablesWith(app, 'gone-tag')),
    ]).toEqual([]);
    expect(file(app, `${experiment_id}/models/${model_id}`)).toBe(false);
    expect(await tablesWith(app, 'old')).toEqual([]);
  });

  test('takes a logged model that was deleted by itself', async () => {
    await using app = await testApp();
    const { model } = await app.call(createLoggedModel, { experiment_id: '0', name: 'net' });
    await app.call(deleteLoggedModel, { model_id: model.info.model_id });
    expect(await run(app)).toEqual([{ kind: 'logged model', id: model.info.model_id }]);
    expect(await tablesWith(app, model.info.model_id)).toEqual([]);
  });

  test('with ids takes those alone, and checks each before it removes any', async () => {
    await using app = await testApp();
    const [active, first, second] = [await madeRun(app), await madeRun(app), await madeRun(app)];
    for (const run_id of [first, second]) await app.call(deleteRun, { run_id });
    await expect(run(app, { run_ids: [first, active] })).rejects.toThrow(/is not deleted/);
    await expect(run(app, { run_ids: [first, 'f'.repeat(32)] })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
    await expect(run(app, { run_ids: [first], olderThan_ms: 3_600_000 })).rejects.toThrow(/more recently/);
    await expect(run(app, { experiment_ids: ['0'] })).rejects.toThrow(/is not deleted/);
    await expect(run(app, { experiment_ids: ['x'] })).rejects.toThrow(/whole number/);
    expect(await tablesWith(app, first)).toContain('runs');
    expect(await run(app, { run_ids: [first] })).toEqual([{ kind: 'run', id: first }]);
    expect(await tablesWith(app, second)).toContain('runs');
  });

  test('leaves what was deleted a moment ago when older things are asked for', async () => {
    await using app = await testApp();
    const run_id = await madeRun(app);
    await app.call(deleteRun, { run_id });
    expect(await run(app, { olderThan_ms: 3_600_000 })).toEqual([]);
    expect(await tablesWith(app, run_id)).toContain('runs');
  });

  test('only says what it would do when asked to', async () => {
    await using app = await testApp();
    const run_id = await madeRun(app);
    await app.call(deleteRun, { run_id });
    expect(await run(app, { isDryRun: true })).toEqual([{ kind: 'run', id: run_id }]);
    expect(file(app, `0/${run_id}/artifacts/model/a.txt`)).toBe(true);
  });

  test('keeps the row of what is in a store that cannot be opened, unless told otherwise', async () => {
    await using app = await testApp();
    const { experiment_id } = await app.call(createExperiment, { name: 'far', artifact_location: 'dbfs:/x' });
    const { run: made } = await app.call(createRun, { experiment_id });
    const { run_id } = made.info;
    await app.call(deleteExperiment, { experiment_id });
    const [ofRun, ofExperiment] = await run(app);
    expect(ofRun).toMatchObject({ kind: 'run', id: run_id, kept: expect.stringContaining('cannot open') });
    expect(ofExperiment).toMatchObject({ kept: expect.stringContaining('1 runs') });
    expect(await tablesWith(app, run_id)).toContain('runs');
    expect((await run(app, { keepsArtifacts: true })).map(({ kept }) => kept)).toEqual([
      undefined,
      undefined,
    ]);
    expect(await tablesWith(app, run_id)).toEqual([]);
  });

  test('removes files from a folder of this machine that is not served, where it bears the id', async () => {
    await using app = await testApp();
    const location = join(app.folder, 'elsewhere');
    const { experiment_id } = await app.call(createExperiment, { name: 'near', artifact_location: location });
    const { run: made } = await app.call(createRun, { experiment_id });
    const folder = join(location, made.info.run_id, 'artifacts');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'a.txt'), 'x');
    await writeFile(join(location, 'other.txt'), 'x');
    await app.call(deleteRun, { run_id: made.info.run_id });
    expect(await run(app)).toEqual([{ kind: 'run', id: made.info.run_id }]);
    expect(existsSync(join(location, made.info.run_id))).toBe(false);
    expect(existsSync(join(location, 'other.txt'))).toBe(true);
  });
});
