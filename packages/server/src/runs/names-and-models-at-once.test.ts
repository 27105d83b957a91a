import { getRun, logBatch, logModel, setTag, updateRun } from '@bitacora/protocol';
import { buildRun, testApp } from '@bitacora/testkit';
import { expect, test } from 'vitest';

/** Enough that the changes meet, where an engine works on several transactions at a time. */
const ROUNDS = Array.from({ length: 10 }, (_, index) => String(index));

test('a run that is renamed in every way at once has one name, in its row and in its tag', async () => {
  await using app = await testApp();
  const run_id = await buildRun(app);
  for (const round of ROUNDS) {
    const tag = (name: string) => ({ key: 'mlflow.runName', value: `${name} ${round}` });
    await Promise.all([
      app.call(updateRun, { run_id, run_name: `a ${round}` }),
      app.call(setTag, { run_id, ...tag('b') }),
      app.call(updateRun, { run_id, run_name: `c ${round}`, status: 'RUNNING' }),
      app.call(logBatch, { run_id, tags: [tag('d')], metrics: [{ key: 'm', value: 1, timestamp: 1 }] }),
    ]);
    const { info, data } = (await app.call(getRun, { run_id })).run;
    expect(info.run_name).toMatch(new RegExp(`^[abcd] ${round}$`));
    expect(data.tags).toEqual([{ key: 'mlflow.runName', value: info.run_name }]);
  }
});

test('models that a run logs at once are all in its history', async () => {
  await using app = await testApp();
  for (const round of ROUNDS) {
    const run_id = await buildRun(app);
    const paths = ['a', 'b', 'c'].map((name) => `${name}-${round}`);
    await Promise.all(
      paths.map((artifact_path) =>
        app.call(logModel, {
          run_id,
          model_json: JSON.stringify({ artifact_path, flavors: {}, utc_time_created: '', run_id }),
        }),
      ),
    );
    const { tags = [] } = (await app.call(getRun, { run_id })).run.data;
    const history = tags.find(({ key }) => key === 'mlflow.log-model.history')?.value ?? '[]';
    const logged = JSON.parse(history).map((model: { artifact_path: string }) => model.artifact_path);
    expect(logged.toSorted()).toEqual(paths);
  }
});
