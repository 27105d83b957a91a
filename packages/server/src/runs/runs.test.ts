import {
  createRun,
  deleteRun,
  deleteTag,
  getMetricHistory,
  getMetricHistoryBulk,
  getMetricHistoryBulkInterval,
  getRun,
  logBatch,
  logMetric,
  logModel,
  logParam,
  searchRuns,
  setTag,
  updateRun,
} from '@bitacora/protocol';
import { buildExperiment, buildRun, testApp } from '@bitacora/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const metric = (key: string, value: number, step = 0, timestamp = 1) => ({ key, value, step, timestamp });

describe('createRun', () => {
  test('names the run by name, by tag, or by itself, and keeps the name in both places', async () => {
    await using app = await testApp();
    const named = await app.call(createRun, { experiment_id: '0', run_name: 'mine' });
    expect([named.run.info.run_name, named.run.data.tags]).toEqual([
      'mine',
      [{ key: 'mlflow.runName', value: 'mine' }],
    ]);
    const tagged = await app.call(createRun, {
      experiment_id: '0',
      tags: [{ key: 'mlflow.runName', value: 'by tag' }],
    });
    expect(tagged.run.info.run_name).toBe('by tag');
    const { run } = await app.call(createRun, { experiment_id: '0' });
    expect(run.info.run_name).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/);
    expect(run.info).toMatchObject({
      status: 'RUNNING',
      user_id: '',
      start_time: 0,
      lifecycle_stage: 'active',
      run_uuid: run.info.run_id,
    });
    await expect(
      app.call(createRun, {
        experiment_id: '0',
        run_name: 'a',
        tags: [{ key: 'mlflow.runName', value: 'b' }],
      }),
    ).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  });

  test('refuses a tag key given twice with BAD_REQUEST, and keeps no half of the run', async () => {
    await using app = await testApp();
    const tags = [
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
    ];
    await expect(app.call(createRun, { experiment_id: '0', tags })).rejects.toMatchObject({
      errorCode: 'BAD_REQUEST',
      status: 400,
    });
    expect(await app.call(searchRuns, { experiment_ids: ['0'] })).toEqual({});
  });
});

describe('getRun', () => {
  test('emits set fields that are empty and leaves empty lists out, as MLflow’s messages do', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app, { run_name: 'x', start_time: 0 });
    const { run } = await app.call(getRun, { run_id });
    expect(run).toMatchObject({ info: { user_id: '', start_time: 0 }, inputs: {}, outputs: {} });
    expect(run.info).not.toHaveProperty('end_time');
    expect(run.data).toEqual({ tags: [{ key: 'mlflow.runName', value: 'x' }] });
  });

  test('writes 64-bit integers as bare numbers with every digit', async () => {
    await using app = await testApp();
    const answer = await app.inject({
      method: 'POST',
      url: '/api/2.0/mlflow/runs/create',
      headers: { 'content-type': 'application/json' },
      payload: '{"experiment_id": "0", "start_time": 9007199254740993}',
    });
    expect(answer.payload).toContain('"start_time":9007199254740993');
    const { run_id } = answer.json().run.info;
    expect((await app.inject({ url: `/api/2.0/mlflow/runs/get?run_id=${run_id}` })).payload).toContain(
      '"start_time":9007199254740993',
    );
    expect((await app.inject({ url: `/api/2.0/mlflow/runs/get?run_uuid=${run_id}` })).statusCode).toBe(200);
  });
});

describe('metrics', () => {
  test('keep the point with the greatest (step, timestamp, value) as the latest, also within a batch', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app, {
      metrics: [metric('m', 1, 5, 9), metric('m', 7, 5, 3), metric('m', 9, -1, 99), metric('m', 0.5, 5, 9)],
    });
    const latest = async () => (await app.call(getRun, { run_id })).run.data.metrics?.[0];
    expect(await latest()).toEqual({ key: 'm', value: 1, timestamp: 9, step: 5 });
    await app.call(logMetric, { run_id, ...metric('m', 3, 4, 1000) });
    expect((await latest())?.value).toBe(1);
    await app.call(logMetric, { run_id, ...metric('m', 2, 5, 9) });
    expect((await latest())?.value).toBe(2);
    // NaN counts as its stored 0.
    await app.call(logMetric, { run_id, key: 'm', value: 'NaN', step: 5, timestamp: 9 });
    expect((await latest())?.value).toBe(2);
    await app.call(logMetric, { run_id, key: 'm', value: 'NaN', step: 6, timestamp: 0 });
    expect((await latest())?.value).toBe('NaN');
  });

  test('clamp infinities, keep NaN, and ignore the same point again', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    for (const value of ['Infinity', '-Infinity', 'NaN', 'NaN'] as const)
      await app.call(logMetric, { run_id, key: 'm', value, timestamp: 1, step: 1 });
    const { metrics } = await app.call(getMetricHistory, { run_id, metric_key: 'm' });
    expect(metrics?.map(({ value }) => value)).toEqual([-Number.MAX_VALUE, 'NaN', Number.MAX_VALUE]);
  });

  test('of a run or key that does not exist are none, not an error', async () => {
    await using app = await testApp();
    expect(await app.call(getMetricHistory, { run_id: 'nobody', metric_key: 'm' })).toEqual({});
  });

  test('come in pages that join to the whole', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app, {
      metrics: Array.from({ length: 100 }, (_, index) => metric('m', index, index, 1000 - index)),
    });
    const steps: unknown[] = [];
    let page_token: string | undefined;
    do {
      const page = await app.call(getMetricHistory, { run_id, metric_key: 'm', max_results: 30, page_token });
      steps.push(...(page.metrics ?? []).map(({ step }) => step));
      page_token = page.next_page_token;
    } while (page_token);
    expect(steps).toEqual(Array.from({ length: 100 }, (_, index) => 99 - index));
  });

  test('of several runs come in bulk, whole or evenly sampled with the last point kept', async () => {
    await using app = await testApp();
    const points = Array.from({ length: 20 }, (_, index) => metric('m', index, index, 100 - index));
    const runs = [
      await buildRun(app, { metrics: points }),
      await buildRun(app, { metrics: [metric('m', 7)] }),
    ].sort();
    const bulk = await app.call(getMetricHistoryBulk, { run_id: runs, metric_key: 'm' });
    expect(bulk.metrics).toHaveLength(21);
    expect([...new Set(bulk.metrics.map(({ run_id }) => run_id))]).toEqual(runs);
    expect(
      (await app.call(getMetricHistoryBulk, { run_id: runs, metric_key: 'm', max_results: 5 })).metrics,
    ).toHaveLength(5);
    const sampled = await app.call(getMetricHistoryBulkInterval, {
      run_ids: runs,
      metric_key: 'm',
      max_results: 5,
    });
    const ofRuns = Map.groupBy(sampled.metrics ?? [], ({ run_id }) => run_id);
    const steps = [...ofRuns.values()]
      .map((metrics) => metrics.map(({ step }) => step))
      .sort((a, b) => a.length - b.length);
    expect(steps).toEqual([[0], [0, 4, 8, 12, 19]]);
    const ranged = await app.call(getMetricHistoryBulkInterval, {
      run_ids: runs,
      metric_key: 'm',
      start_step: 3,
      end_step: 5,
    });
    expect(ranged.metrics?.map(({ step }) => step)).toEqual([3, 4, 5]);
    for (const request of [
      { start_step: 1 },
      { start_step: 5, end_step: 1 },
      { max_results: 2501 },
      { max_results: 0 },
    ]) {
      await expect(
        app.call(getMetricHistoryBulkInterval, { run_ids: runs, metric_key: 'm', ...request }),
      ).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    }
    await expect(
      app.call(getMetricHistoryBulk, { run_id: Array.from({ length: 101 }, String), metric_key: 'm' }),
    ).rejects.toMatchObject({ status: 400 });
    expect(
      (await app.inject({ url: '/api/2.0/mlflow/metrics/get-history-bulk?run_id=a&metric_key=m' }))
        .statusCode,
    ).toBe(404);
  });

  test.each([
    [{ key: 'm', value: 'abc', timestamp: 1 }, "'value'"],
    [{ key: 'm', value: 1, timestamp: -1 }, "'timestamp'"],
    [{ key: 'm', timestamp: 1 }, "'value'"],
    [{ key: '', value: 1, timestamp: 1 }, "'key'"],
    [{ key: 'm', value: 1, timestamp: 1.5 }, "'timestamp'"],
    [{ key: 'm', value: 1, timestamp: '9223372036854775808' }, "'timestamp'"],
    [{ key: 'a//b', value: 1, timestamp: 1 }, "'key'"],
  ])('refuse %j naming %s', async (body, name) => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const answer = await app.inject({
      method: 'POST',
      url: '/api/2.0/mlflow/runs/log-metric',
      payload: { run_id, ...body },
    });
    expect(answer.json()).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
      sqlstate: 'KAM00',
      message: expect.stringContaining(name),
    });
    expect(answer.statusCode).toBe(400);
  });
});

describe('params', () => {
  test('are written once: the same value is fine, also after it was cut', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const value = 'ü'.repeat(7000);
    for (let time = 0; time < 2; time++) await app.call(logParam, { run_id, key: 'p', value });
    expect((await app.call(getRun, { run_id })).run.data.params?.[0]?.value).toBe('ü'.repeat(6000));
    await expect(app.call(logParam, { run_id, key: 'p', value: 'other' })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });

  test('that are too long are refused where the server does not cut', async () => {
    await using app = await testApp({ truncateLongValues: false });
    const run_id = await buildRun(app);
    await expect(app.call(logParam, { run_id, key: 'p', value: 'x'.repeat(6001) })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });
});

describe('logBatch', () => {
  test('stores all or nothing', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app, { params: [{ key: 'p', value: '1' }] });
    await expect(
      app.call(logBatch, {
        run_id,
        metrics: [metric('m', 1)],
        params: [{ key: 'p', value: '2' }],
        tags: [{ key: 't', value: '1' }],
      }),
    ).rejects.toMatchObject({ status: 400 });
    const { data } = (await app.call(getRun, { run_id })).run;
    expect(data.metrics).toBeUndefined();
    expect(data.tags?.map(({ key }) => key)).toEqual(['mlflow.runName']);
  });

  test('keeps the last of equal tags, refuses equal params, and an empty batch is fine', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    await app.call(logBatch, {
      run_id,
      tags: [
        { key: 't', value: '1' },
        { key: 't', value: '2' },
      ],
    });
    expect((await app.call(getRun, { run_id })).run.data.tags).toContainEqual({ key: 't', value: '2' });
    await expect(
      app.call(logBatch, {
        run_id,
        params: [
          { key: 'p', value: '1' },
          { key: 'p', value: '1' },
        ],
      }),
    ).rejects.toMatchObject({ status: 400 });
    expect(await app.call(logBatch, { run_id })).toEqual({});
  });

  test.each([
    ['metrics', 1001, (index: number) => metric(`m${index}`, 1)],
    ['params', 101, (index: number) => ({ key: `p${index}`, value: '1' })],
    ['tags', 101, (index: number) => ({ key: `t${index}`, value: '1' })],
  ])('refuses %s beyond the limit (%i)', async (kind, count, make) => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const payload = { run_id, [kind]: Array.from({ length: count }, (_, index) => make(index)) };
    const answer = await app.inject({ method: 'POST', url: '/api/2.0/mlflow/runs/log-batch', payload });
    expect(answer.json()).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining(`at most ${count - 1} ${kind}`),
    });
  });

  test('names the place of a mistake in it', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const answer = await app.inject({
      method: 'POST',
      url: '/api/2.0/mlflow/runs/log-batch',
      payload: { run_id, metrics: [metric('a', 1), { key: 'b', timestamp: 1 }] },
    });
    expect(answer.json().message).toContain("'metrics[1].value'");
  });
});

describe('tags and names', () => {
  test('change together; an empty name is ignored', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app, { run_name: 'first' });
    await app.call(setTag, { run_id, key: 'mlflow.runName', value: 'second' });
    expect((await app.call(getRun, { run_id })).run.info.run_name).toBe('second');
    await app.call(setTag, { run_id, key: 'mlflow.runName', value: '' });
    await app.call(updateRun, { run_id, run_name: '' });
    const { run } = await app.call(getRun, { run_id });
    expect([run.info.run_name, run.data.tags]).toEqual([
      'second',
      [{ key: 'mlflow.runName', value: 'second' }],
    ]);
    await expect(app.call(deleteTag, { run_id, key: 'nothing' })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
  });

  test('an end time of 0 clears it, an unknown status changes nothing', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    await app.call(updateRun, { run_id, status: 'FINISHED', end_time: 5 });
    const answer = await app.inject({
      method: 'POST',
      url: '/api/2.0/mlflow/runs/update',
      payload: { run_id, status: 'BOGUS', end_time: 0 },
    });
    expect(answer.json().run_info).toMatchObject({ status: 'FINISHED' });
    expect(answer.json().run_info).not.toHaveProperty('end_time');
  });
});

test('a deleted run takes no writes; deleting it again is fine', async () => {
  await using app = await testApp();
  const run_id = await buildRun(app, { lifecycle_stage: 'deleted' });
  await app.call(deleteRun, { run_id });
  for (const write of [
    () => app.call(logMetric, { run_id, ...metric('m', 1) }),
    () => app.call(logParam, { run_id, key: 'p', value: '1' }),
    () => app.call(setTag, { run_id, key: 't', value: '1' }),
    () => app.call(updateRun, { run_id, status: 'FINISHED' }),
  ]) {
    await expect(write()).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  }
});

test('models of old clients are appended to a tag', async () => {
  await using app = await testApp();
  const run_id = await buildRun(app);
  const model = (artifact_path: string) =>
    JSON.stringify({ artifact_path, flavors: {}, utc_time_created: 'now', run_id });
  await app.call(logModel, { run_id, model_json: model('a') });
  await app.call(logModel, { run_id, model_json: model('b') });
  const tag = (await app.call(getRun, { run_id })).run.data.tags?.find(
    ({ key }) => key === 'mlflow.log-model.history',
  );
  expect(
    JSON.parse(tag?.value ?? '').map(({ artifact_path }: { artifact_path: string }) => artifact_path),
  ).toEqual(['a', 'b']);
  for (const model_json of ['{', '[]', '{"flavors": {}}'])
    await expect(app.call(logModel, { run_id, model_json })).rejects.toMatchObject({ status: 400 });
});

describe('searchRuns', () => {
  test('chooses the same runs in the same order by every plan', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    const other = await buildExperiment(app);
    // More runs than are simply sorted, so that indexes are walked; the oracle is plain JavaScript.
    const runs = await Promise.all(
      Array.from({ length: 700 }, async (_, index) => {
        const loss = index % 13 === 0 ? 'NaN' : index % 7 === 0 ? undefined : (index * 37) % 101;
        const start_time = 1000 + (index % 50);
        const run_id = (
          await app.call(createRun, { experiment_id: index % 5 === 0 ? other : experiment_id, start_time })
        ).run.info.run_id;
        await app.call(logBatch, {
          run_id,
          metrics: loss === undefined ? [] : [{ key: 'loss', value: loss, timestamp: 1 }],
          params: [{ key: 'p', value: String(index % 3) }],
        });
        return { run_id, loss, start_time, p: index % 3 };
      }),
    );
    type Sample = (typeof runs)[number];
    const newest = (a: Sample, b: Sample) => b.start_time - a.start_time || (a.run_id < b.run_id ? -1 : 1);
    const rank = ({ loss }: Sample) => (loss === undefined ? 2 : loss === 'NaN' ? 1 : 0);
    const byLoss = (sign: number) => (a: Sample, b: Sample) =>
      rank(a) - rank(b) || (rank(a) === 0 ? sign * (Number(a.loss) - Number(b.loss)) : 0) || newest(a, b);
    const cases: [object, Sample[]][] = [
      [{}, [...runs].sort(newest)],
      [
        { order_by: ['start_time'] },
        [...runs].sort((a, b) => a.start_time - b.start_time || (a.run_id < b.run_id ? -1 : 1)),
      ],
      [{ order_by: ['metrics.loss'] }, [...runs].sort(byLoss(1))],
      [{ order_by: ['metrics.loss DESC'] }, [...runs].sort(byLoss(-1))],
      [
        { order_by: ['metrics.loss DESC'], filter: 'metrics.loss > 50' },
        runs.filter(({ loss }) => typeof loss === 'number' && loss > 50).sort(byLoss(-1)),
      ],
      [
        { order_by: ['params.p DESC', 'metrics.loss'] },
        [...runs].sort((a, b) => b.p - a.p || byLoss(1)(a, b)),
      ],
      [
        { filter: "params.p = '1' and metrics.loss != 3" },
        runs.filter(({ p, loss }) => p === 1 && loss !== undefined && loss !== 3).sort(newest),
      ],
    ];
    for (const [options, expected] of cases) {
      const found: string[] = [];
      let page_token: string | undefined;
      do {
        const page = await app.call(searchRuns, {
          experiment_ids: [experiment_id, other],
          max_results: 150,
          page_token,
          ...options,
        });
        found.push(...(page.runs ?? []).map(({ info }) => info.run_id));
        page_token = page.next_page_token;
      } while (page_token);
      expect(found, JSON.stringify(options)).toEqual(expected.map(({ run_id }) => run_id));
    }
    const all = await app.call(searchRuns, { experiment_ids: [experiment_id, other], max_results: 50_000 });
    expect(all.runs).toHaveLength(700);
  });

  test.each([
    [{ max_results: 0 }],
    [{ max_results: 50_001 }],
    [{ experiment_ids: ['x'] }],
    [{ order_by: ['bogus'] }],
    [{ filter: 'a = 1 OR b = 2' }],
    [{ experiment_ids: '0' }],
  ])('refuses %j', async (options) => {
    await using app = await testApp();
    const answer = await app.inject({
      method: 'POST',
      url: '/api/2.0/mlflow/runs/search',
      payload: { experiment_ids: ['0'], ...options },
    });
    expect([answer.statusCode, answer.json().error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
  });
});

test('whatever filter and order the language accepts, the database accepts too', async () => {
  await using app = await testApp();
  await buildRun(app, { metrics: [metric('m', 1)], params: [{ key: 'p', value: 'v' }] });
  const name = fc.constantFrom(
    'metrics.m',
    'metrics.`a"b`',
    'params.p',
    "params.`it's`",
    'tags.t',
    'run_id',
    'run_name',
    'status',
    'start_time',
    'dataset.name',
    'dataset.context',
    'tags.mlflow.parentRunId',
  );
  const comparator = fc.constantFrom(
    '=',
    '!=',
    '>',
    '<=',
    'LIKE',
    'ILIKE',
    'IN',
    'NOT IN',
    'IS NULL',
    'IS NOT NULL',
  );
  const value = fc.constantFrom(
    '1',
    '-2.5e3',
    "'v'",
    "'%_%'",
    '"x"',
    "('a', 'b')",
    '',
    "'\\'",
    "'; DROP TABLE runs; --'",
    "'\u0000'",
  );
  const clause = fc.tuple(name, comparator, value).map((parts) => parts.join(' '));
  const filter = fc.array(clause, { maxLength: 4 }).map((clauses) => clauses.join(' AND '));
  const order = fc.array(
    fc.constantFrom('metrics.m', 'params.p DESC', 'tags.`x y`', 'start_time', 'end_time DESC', 'run_name'),
    { maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(filter, order, async (text, order_by) => {
      const answer = await app.inject({
        method: 'POST',
        url: '/api/2.0/mlflow/runs/search',
        payload: { experiment_ids: ['0'], filter: text, order_by },
      });
      expect([200, 400], `${text} ${order_by}: ${answer.payload}`).toContain(answer.statusCode);
    }),
    { numRuns: 500 },
  );
});
