import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openStore, type Problem, sql } from '@bitacora/db';
import {
  createAssessment,
  createExperiment,
  createLoggedModel,
  createRegisteredModel,
  createWebhook,
  deleteExperiment,
  deleteRun,
  deleteTraces,
  endTrace,
  finalizeLoggedModel,
  getExperiment,
  getRun,
  logBatch,
  logInputs,
  logMetric,
  logParam,
  renameRegisteredModel,
  restoreExperiment,
  searchRuns,
  setTag,
  setTraceTagV3,
  startTraceV3,
} from '@bitacora/protocol';
import { buildExperiment, buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { beforeAll, describe, expect, test, vi } from 'vitest';

beforeAll(() => {
  vi.stubEnv('TEST_DATABASE_URI', './mlruns');
});

const root = (app: TestApp) => join(app.folder, 'mlruns');
const read = (app: TestApp, ...path: readonly string[]) => readFileSync(join(root(app), ...path), 'utf8');

/** A change long enough ago to be told from one that happens just now. */
function age(path: string): void {
  const then = Date.now() / 1000 - 60;
  utimesSync(path, then, then);
}

describe('what is written', () => {
  test('stands in MLflow’s layout', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app, {
      name: 'yes',
      tags: [{ key: 'team/name', value: 'a' }],
    });
    expect(experiment_id).toMatch(/^[1-9]\d{17}$/);
    const run_id = await buildRun(app, {
      experiment_id,
      run_name: '1e3',
      start_time: 5,
      tags: [{ key: 't', value: 'ü' }],
    });
    await app.call(logBatch, {
      run_id,
      metrics: [
        { key: 'val/loss', value: 0.5, timestamp: 1, step: 2 },
        { key: 'val/loss', value: 'Infinity' as never, timestamp: 2, step: 3 },
      ],
      params: [{ key: 'p', value: 'a\nb' }],
    });
    await app.call(logMetric, { run_id, key: 'val/loss', value: 'NaN' as never, timestamp: 3, step: 4 });
    expect(read(app, experiment_id, 'meta.yaml')).toContain(`experiment_id: '${experiment_id}'\n`);
    expect(read(app, experiment_id, 'meta.yaml')).toContain("name: 'yes'\n");
    expect(read(app, experiment_id, 'tags/team/name')).toBe('a');
    expect(read(app, experiment_id, run_id, 'meta.yaml')).toContain("run_name: '1e3'\n");
    expect(read(app, experiment_id, run_id, 'meta.yaml')).toContain('status: 1\n');
    expect(read(app, experiment_id, run_id, 'metrics/val/loss')).toBe('1 0.5 2\n2 inf 3\n3 nan 4\n');
    expect(read(app, experiment_id, run_id, 'params/p')).toBe('a\nb');
    expect(read(app, experiment_id, run_id, 'tags/t')).toBe('ü');
    expect(readdirSync(join(root(app), experiment_id, run_id)).sort()).toEqual([
      'artifacts',
      'meta.yaml',
      'metrics',
      'params',
      'tags',
    ]);
    const { run } = await app.call(getRun, { run_id });
    expect(run.data.metrics).toEqual([{ key: 'val/loss', value: 'NaN', timestamp: 3, step: 4 }]);
  });

  test('goes to the trash and comes back with its experiment', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    const run_id = await buildRun(app, { experiment_id });
    await app.call(deleteExperiment, { experiment_id });
    expect(existsSync(join(root(app), experiment_id))).toBe(false);
    expect(read(app, '.trash', experiment_id, run_id, 'meta.yaml')).toContain('lifecycle_stage: deleted\n');
    await app.call(restoreExperiment, { experiment_id });
    expect(read(app, experiment_id, 'meta.yaml')).toContain('lifecycle_stage: active\n');
    expect(read(app, experiment_id, run_id, 'meta.yaml')).toContain('lifecycle_stage: active\n');
    await app.call(logMetric, { run_id, key: 'm', value: 1, timestamp: 1 });
    expect(read(app, experiment_id, run_id, 'metrics/m')).toBe('1 1.0 0\n');
  });

  test('of logged models, data sets and the registry stands where MLflow looks for it', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const { model } = await app.call(createLoggedModel, {
      experiment_id: '0',
      name: 'm',
      source_run_id: run_id,
    });
    const { model_id } = model.info;
    await app.call(finalizeLoggedModel, { model_id, status: 'LOGGED_MODEL_READY' });
    await app.call(logMetric, { run_id, key: 'acc', value: 0.5, timestamp: 1, step: 2, model_id });
    await app.call(logInputs, {
      run_id,
      datasets: [
        {
          dataset: { name: 'd', digest: '1', source_type: 's', source: 'x' },
          tags: [{ key: 'k', value: 'v' }],
        },
      ],
    });
    await app.call(createRegisteredModel, { name: 'a', tags: [{ key: 't', value: '1' }] });
    await app.call(renameRegisteredModel, { name: 'a', new_name: 'b' });
    expect(read(app, '0/models', model_id, 'meta.yaml')).toContain('status: 2\n');
    expect(read(app, '0/models', model_id, 'metrics/acc')).toBe(`1 0.5 2 ${run_id}\n`);
    const [dataset] = readdirSync(join(root(app), '0/datasets'));
    const [input] = readdirSync(join(root(app), '0', run_id, 'inputs'));
    expect(read(app, '0', run_id, 'inputs', input!, 'meta.yaml')).toBe(
      `destination_id: '${dataset}'\ndestination_type: RUN\nsource_id: '${dataset}'\nsource_type: DATASET\ntags:\n  k: v\n`.replaceAll(
        `'${dataset}'`,
        /^\d/.test(dataset!) ? `'${dataset}'` : dataset!,
      ),
    );
    expect(readdirSync(join(root(app), 'models'))).toEqual(['b']);
    expect(read(app, 'models/b/tags/t')).toBe('1');
    expect(read(app, 'models/b/meta.yaml')).toContain('name: b\n');
  });

  test('of traces stands where MLflow looks for it, name, session and tokens among the tags and metadata', async () => {
    await using app = await testApp();
    const trace_id = 'tr-1';
    const location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } } as const;
    const trace_info = {
      trace_id,
      trace_location: location,
      request_time: '2026-01-31T08:00:00.5Z',
      execution_duration: '1.500s',
      state: 'OK',
      request_preview: 'a: b',
      tags: { 'mlflow.traceName': 'n', t: '1' },
      trace_metadata: {
        'mlflow.trace.session': 's',
        'mlflow.trace.tokenUsage': '{"input_tokens":5,"other":1}',
        'mlflow.trace.cost': '{"input_cost":1}',
      },
    } as const;
    await app.call(startTraceV3, { trace: { trace_info } });
    const { assessment } = await app.call(createAssessment, {
      trace_id,
      assessment: {
        assessment_name: 'fb',
        source: { source_type: 'HUMAN', source_id: 'ana' },
        feedback: { value: { a: [1, 'yes', null] }, error: { error_code: 'E' } },
        metadata: { m: '1e3' },
      },
    });
    const folder = `0/traces/${trace_id}`;
    expect(read(app, folder, 'trace_info.yaml')).toBe(
      "execution_duration_ms: 1500\nrequest_preview: 'a: b'\nrequest_time: '2026-01-31T08:00:00.500Z'\nstate: OK\n" +
        "trace_id: tr-1\ntrace_location:\n  mlflow_experiment:\n    experiment_id: '0'\n  type: MLFLOW_EXPERIMENT\n",
    );
    expect(read(app, folder, 'tags/mlflow.traceName')).toBe('n');
    expect(read(app, folder, 'request_metadata/mlflow.trace.session')).toBe('s');
    expect(read(app, folder, 'request_metadata/mlflow.trace.tokenUsage')).toBe('{"input_tokens": 5}');
    expect(read(app, folder, 'request_metadata/mlflow.trace.cost')).toBe('{"input_cost": 1.0}');
    expect(read(app, folder, `assessments/${assessment.assessment_id}.yaml`)).toContain(
      "feedback:\n  error:\n    error_code: E\n  value: {a: [1.0, 'yes', null]}\n",
    );
    await app.call(setTraceTagV3, { trace_id, key: 'mlflow.traceName', value: 'renamed' });
    expect(read(app, folder, 'tags/mlflow.traceName')).toBe('renamed');
    await app.call(deleteTraces, { experiment_id: '0', request_ids: [trace_id] });
    expect(readdirSync(join(root(app), '0/traces'))).toEqual([]);
  });

  test('of a trace keeps what newer releases write besides, and makes an older header a new one', async () => {
    await using app = await testApp();
    const folder = join(root(app), '0/traces');
    const header = (trace_id: string, ...others: readonly string[]) =>
      `${others.join('\n')}\nrequest_time: '2026-01-31T08:00:00Z'\nstate: IN_PROGRESS\ntrace_id: ${trace_id}\n` +
      "trace_location:\n  mlflow_experiment:\n    experiment_id: '0'\n  type: MLFLOW_EXPERIMENT\nzz_new: 1e3\n";
    const older = 'a'.repeat(32);
    for (const [id, text] of [
      ['tr-new', header('tr-new', 'execution_duration_ms: 5')],
      [
        older,
        `experiment_id: '0'\nexecution_time_ms: 7\nrequest_id: ${older}\nstatus: IN_PROGRESS\ntimestamp_ms: 1700000000000\n`,
      ],
    ] as const) {
      mkdirSync(join(folder, id), { recursive: true });
      writeFileSync(join(folder, id, 'trace_info.yaml'), text);
      await app.call(endTrace, { request_id: id, timestamp_ms: 1_800_000_000_000, status: 'OK' });
    }
    const texts = ['tr-new', older].map((id) => readFileSync(join(folder, id, 'trace_info.yaml'), 'utf8'));
    expect(texts[0]).toContain('state: OK\n');
    expect(texts[0]).toContain('zz_new: 1e3\n');
    expect(texts[1]).toBe(
      `execution_duration_ms: 100000000000\nrequest_time: '2023-11-14T22:13:20Z'\nstate: OK\ntrace_id: ${older}\n` +
        "trace_location:\n  mlflow_experiment:\n    experiment_id: '0'\n  type: MLFLOW_EXPERIMENT\n",
    );
  });

  test('keeps what newer and older releases write besides', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const meta = join(root(app), '0', run_id, 'meta.yaml');
    writeFileSync(
      meta,
      `${readFileSync(meta, 'utf8').replace("source_name: ''", 'source_name: train.py')}zz_new: 1e3\n`,
    );
    await app.call(deleteRun, { run_id });
    expect(readFileSync(meta, 'utf8')).toContain('source_name: train.py\n');
    expect(readFileSync(meta, 'utf8')).toContain('zz_new: 1e3\n');
  });

  test('in one group fails alone', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    await app.call(setTag, { run_id, key: 'a', value: '1' });
    const outcomes = await Promise.allSettled([
      app.call(setTag, { run_id, key: 'b', value: '1' }),
      app.call(setTag, { run_id, key: 'a/b', value: '1' }),
      app.call(logMetric, { run_id, key: 'm', value: 1, timestamp: 1 }),
      app.call(createRegisteredModel, { name: '50%' }),
      app.call(logParam, { run_id, key: 'p', value: '1' }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect((outcomes[1] as PromiseRejectedResult).reason).toMatchObject({ status: 400 });
    expect((outcomes[3] as PromiseRejectedResult).reason).toMatchObject({ status: 400 });
    expect(read(app, '0', run_id, 'metrics/m')).toBe('1 1.0 0\n');
    const { run } = await app.call(getRun, { run_id });
    expect(run.data.tags?.map(({ key }) => key)).not.toContain('a/b');
  });
});

describe('what another program writes', () => {
  test('is seen by the next read, search and write', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app, { metrics: [{ key: 'm', value: 1, timestamp: 1 }] });
    const run = join(root(app), '0', run_id);
    await app.call(searchRuns, { experiment_ids: ['0'] });
    appendFileSync(join(run, 'metrics/m'), '2 5.0 1\n');
    writeFileSync(join(run, 'params/p'), 'theirs');
    const filter = "metrics.m = 5 AND params.p = 'theirs'";
    // Where looking over the folder takes long, not every search does.
    await expect
      .poll(async () => (await app.call(searchRuns, { experiment_ids: ['0'], filter })).runs?.length, {
        timeout: 20_000,
      })
      .toBe(1);
    writeFileSync(join(run, 'params/q'), 'theirs');
    await expect(app.call(logParam, { run_id, key: 'q', value: 'ours' })).rejects.toMatchObject({
      status: 400,
    });
    await app.call(logMetric, { run_id, key: 'm', value: 6, timestamp: 3, step: 2 });
    expect(readFileSync(join(run, 'metrics/m'), 'utf8')).toBe('1 1.0 0\n2 5.0 1\n3 6.0 2\n');
  });

  test('may be gone', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app, { name: 'x' });
    const run_id = await buildRun(app, { experiment_id });
    rmSync(join(root(app), experiment_id, run_id), { recursive: true });
    await expect(app.call(getRun, { run_id })).rejects.toMatchObject({ status: 404 });
    rmSync(join(root(app), experiment_id), { recursive: true });
    await expect(app.call(getExperiment, { experiment_id })).rejects.toMatchObject({ status: 404 });
    await expect(app.call(createExperiment, { name: 'x' })).resolves.toBeDefined();
  });

  test('is found by a search that names what nobody knew before', async () => {
    await using app = await testApp();
    const parent = await buildRun(app);
    await app.call(searchRuns, { experiment_ids: ['0'] });
    const child = await buildRun(app);
    const runs = join(root(app), '0');
    cpSync(join(runs, child), join(runs, 'b'.repeat(32)), { recursive: true });
    const meta = join(runs, 'b'.repeat(32), 'meta.yaml');
    writeFileSync(meta, readFileSync(meta, 'utf8').replaceAll(child, 'b'.repeat(32)));
    mkdirSync(join(runs, 'b'.repeat(32), 'tags'), { recursive: true });
    writeFileSync(join(runs, 'b'.repeat(32), 'tags/mlflow.parentRunId'), parent);
    const filter = `tags.mlflow.parentRunId = '${parent}'`;
    await expect
      .poll(async () => (await app.call(searchRuns, { experiment_ids: ['0'], filter })).runs?.length, {
        timeout: 20_000,
      })
      .toBe(1);
  });

  test('and cannot be read is told of once, and then is as good as absent', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app, { metrics: [{ key: 'm', value: 1, timestamp: 1 }] });
    const other = await buildRun(app);
    const [meta, metric] = [
      join(root(app), '0', other, 'meta.yaml'),
      join(root(app), '0', run_id, 'metrics/m'),
    ];
    writeFileSync(meta, 'artifact_uri: x');
    writeFileSync(metric, '1 0.5 1\n2 0.6');
    await new Promise((done) => setTimeout(done, 250));
    age(meta);
    const told: Problem[] = [];
    const second = await openStore(app.config.backend, { onSkipped: (problems) => told.push(...problems) });
    await second.store.close();
    expect(second.skipped).toBe(2);
    expect(told).toEqual(
      [
        { path: meta, reason: "it has no 'experiment_id': it may be half written" },
        { path: metric, reason: 'line 2 is half written' },
      ].sort((left, right) => (left.path < right.path ? -1 : 1)),
    );
    const { runs } = await app.call(searchRuns, { experiment_ids: ['0'] });
    expect(runs?.map(({ info, data }) => [info.run_id, data.metrics?.[0]?.value])).toEqual([[run_id, 0.5]]);
    await expect(app.call(getRun, { run_id: other })).rejects.toMatchObject({ status: 404 });
  });
});

describe('the index', () => {
  test('can be deleted, or broken, and is made again from the folder', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app, { metrics: [{ key: 'm', value: 1, timestamp: 1 }] });
    const before = (await app.call(getRun, { run_id })).run;
    const { store: folder, ...rest } = app.config.backend;
    const cache = join(app.folder, 'other cache');
    const spoil = [
      () => undefined,
      () => rmSync(cache, { recursive: true }),
      () => writeFileSync(join(cache, readdirSync(cache)[0]!), 'broken'),
    ];
    for (const each of spoil) {
      each();
      const { store } = await openStore({ ...rest, store: { ...folder, cache } as typeof folder });
      const row = await store.db.get(
        sql<{ value: number }>`SELECT value FROM latest_metrics WHERE run_uuid = ${run_id}`,
      );
      expect(row?.value).toBe(before.data.metrics?.[0]?.value);
      await store.close();
    }
  });
});

test('what MLflow’s layout has no place for is refused', async () => {
  await using app = await testApp();
  await expect(
    app.call(createWebhook, {
      name: 'hook',
      url: 'https://1.1.1.1/',
      events: [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }],
    }),
  ).rejects.toMatchObject({ status: 501, errorCode: 'NOT_IMPLEMENTED' });
});
