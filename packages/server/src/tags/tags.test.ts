import { deleteTag, getRun, setTag, updateRun } from '@bitacora/protocol';
import { buildRun, testApp } from '@bitacora/testkit';
import { expect, test } from 'vitest';

test('the name of a run and its tag change together; an empty name is ignored', async () => {
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
