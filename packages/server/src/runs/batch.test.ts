import { getMetricHistory, getRun, logBatch } from '@bitacora/protocol';
import { buildRun, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const metric = (key: string, value: number, step = 0, timestamp = 1) => ({ key, value, step, timestamp });

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

  test('keeps each point once, whether it comes twice in a batch, in two batches or in two at a time', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const points = (first: number) =>
      Array.from({ length: 200 }, (_, index) => metric('m', (first + index) / 4, first + index));
    await app.call(logBatch, { run_id, metrics: [...points(0), ...points(100), metric('a b', 1)] });
    await app.call(logBatch, { run_id, metrics: [...points(250), ...points(0), metric('n', 1)] });
    await Promise.all([1, 2, 3].map(() => app.call(logBatch, { run_id, metrics: points(500) })));
    const { metrics } = await app.call(getMetricHistory, { run_id, metric_key: 'm' });
    const steps = [...Array(450).keys(), ...Array.from({ length: 200 }, (_, index) => 500 + index)];
    expect(metrics?.map(({ step }) => step)).toEqual(steps);
    expect(metrics?.map(({ value }) => value)).toEqual(steps.map((step) => step / 4));
    const latest = (await app.call(getRun, { run_id })).run.data.metrics;
    expect(latest?.map(({ key, step }) => [key, step]).toSorted()).toEqual([
      ['a b', 0],
      ['m', 699],
      ['n', 0],
    ]);
  });

  test('keeps which points are no numbers, of one key or several, be it none of them, some or all', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const wanted = ['all', 'some', 'none'].map((key) => ({
      key,
      values: Array.from({ length: 150 }, (_, step) =>
        key === 'all' || (key === 'some' && step % 3 === 0) ? ('NaN' as const) : step,
      ),
    }));
    const points = wanted.map(({ key, values }) =>
      values.map((value, step) => ({ key, value, step, timestamp: 1 })),
    );
    for (const metrics of [...points, points.flat().map((point) => ({ ...point, key: `${point.key} 2` }))])
      await app.call(logBatch, { run_id, metrics });
    for (const { key, values } of wanted) {
      for (const metric_key of [key, `${key} 2`]) {
        const { metrics } = await app.call(getMetricHistory, { run_id, metric_key });
        expect(metrics?.map(({ value }) => value)).toEqual(values);
      }
    }
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
