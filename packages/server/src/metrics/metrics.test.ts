import {
  getMetricHistory,
  getMetricHistoryBulk,
  getMetricHistoryBulkInterval,
  getRun,
  logMetric,
} from '@bitacora/protocol';
import { buildRun, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const metric = (key: string, value: number, step = 0, timestamp = 1) => ({ key, value, step, timestamp });

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
