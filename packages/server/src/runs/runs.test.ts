import {
  createRun,
  deleteRun,
  getRun,
  logMetric,
  logParam,
  searchRuns,
  setTag,
  updateRun,
} from '@bitacora/protocol';
import { buildRun, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

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

test('updating a run, an end time of 0 clears it, an unknown status changes nothing', async () => {
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

test('a deleted run takes no writes; deleting it again is fine', async () => {
  await using app = await testApp();
  const run_id = await buildRun(app, { lifecycle_stage: 'deleted' });
  await app.call(deleteRun, { run_id });
  for (const write of [
    () => app.call(logMetric, { run_id, key: 'm', value: 1, timestamp: 1 }),
    () => app.call(logParam, { run_id, key: 'p', value: '1' }),
    () => app.call(setTag, { run_id, key: 't', value: '1' }),
    () => app.call(updateRun, { run_id, status: 'FINISHED' }),
  ]) {
    await expect(write()).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  }
});
