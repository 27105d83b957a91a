import { getRun, logModel } from '@bitacora/protocol';
import { buildRun, testApp } from '@bitacora/testkit';
import { expect, test } from 'vitest';

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
