import { getRun, logInputs, logOutputs } from '@bitacora/protocol';
import { buildRun, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const models = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ model_id: `m-${index}`, step: index }));
const datasets = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    dataset: { name: 'wine', digest: `d${index}`, source_type: 'local', source: '{}' },
    tags: [],
  }));

describe('one call', () => {
  test('records a thousand data sets and models, each once however often it comes', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const read = { run_id, datasets: datasets(1000), models: models(1000) };
    for (let times = 0; times < 2; times++) {
      await app.call(logInputs, { ...read, models: [...models(999), ...models(1)] });
      await app.call(logInputs, read);
      await app.call(logOutputs, { run_id, models: models(1000) });
    }
    const { run } = await app.call(getRun, { run_id });
    expect(run.inputs?.dataset_inputs).toHaveLength(1000);
    expect(run.inputs?.model_inputs).toHaveLength(1000);
    expect(run.outputs?.model_outputs?.map(({ step }) => step).sort((a, b) => Number(a) - Number(b))).toEqual(
      models(1000).map(({ step }) => step),
    );
  });

  test('with more of either is refused whole', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const tooMany = (field: string) => ({
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: `Parameter '${field}' has 1001 entries, at most 1000 are allowed. Send them in several requests.`,
    });
    await expect(
      app.call(logInputs, { run_id, datasets: datasets(1001), models: models(1) }),
    ).rejects.toMatchObject(tooMany('datasets'));
    await expect(
      app.call(logInputs, { run_id, datasets: datasets(1), models: models(1001) }),
    ).rejects.toMatchObject(tooMany('models'));
    await expect(app.call(logOutputs, { run_id, models: models(1001) })).rejects.toMatchObject(
      tooMany('models'),
    );
    const { run } = await app.call(getRun, { run_id });
    expect(run.inputs?.dataset_inputs ?? []).toEqual([]);
  });
});
