import { deleteRun, listDeltaInputsOfRuns } from '@bitacora/protocol';
import { buildExperiment, buildRun } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import { logTable, readingApp, settled, writeTable } from './delta-tables.fixture.ts';

const CLASSIC = 'spark/checkpoint-classic';

describe('the Delta tables of several runs', () => {
  test('say how far each has moved on since', async () => {
    await using app = await readingApp();
    const path = await writeTable(app, CLASSIC);
    const old = await logTable(app, { path, delta_table_version: 4 });
    const current = await logTable(app, { path, delta_table_version: 7 }, { name: 'again', digest: 'd2' });
    const unknown = await logTable(app, { delta_table_name: 'main.sales.orders', delta_table_version: 2 });
    for (const run_id of [old, current, unknown]) await settled(app, run_id);
    const run_ids = [old, current, unknown, await buildRun(app), 'f'.repeat(32)];
    const { delta_inputs } = await app.call(listDeltaInputsOfRuns, { experiment_id: '0', run_ids });
    const of = (run_id: string) => delta_inputs.filter((input) => input.run_id === run_id);
    const common = {
      delta_input_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      table_id: '63a19138-cd1b-4646-961d-fdad0caf1724',
      is_replaced: false,
    };
    expect(of(old)).toEqual([
      {
        ...common,
        run_id: old,
        dataset_name: 'orders',
        dataset_digest: 'abc',
        version: 4,
        versions_behind: 3,
      },
    ]);
    expect(of(current)).toEqual([
      {
        ...common,
        run_id: current,
        dataset_name: 'again',
        dataset_digest: 'd2',
        version: 7,
        versions_behind: 0,
      },
    ]);
    expect(of(unknown)).toEqual([
      expect.not.objectContaining({ versions_behind: expect.anything(), table_id: expect.anything() }),
    ]);
    expect(delta_inputs).toHaveLength(3);
  });

  test('are those of runs of the experiment, in the trash or not', async () => {
    await using app = await readingApp();
    const experiment_id = await buildExperiment(app);
    const source = { path: await writeTable(app, CLASSIC), delta_table_version: 7 };
    const elsewhere = await logTable(app, source, { experiment_id });
    const deleted = await logTable(app, source);
    await app.call(deleteRun, { run_id: deleted });
    const { delta_inputs } = await app.call(listDeltaInputsOfRuns, {
      experiment_id: '0',
      run_ids: [elsewhere, deleted],
    });
    expect(delta_inputs.map(({ run_id }) => run_id)).toEqual([deleted]);
  });

  test('are asked for by 1 to 500 runs of an experiment that is there', async () => {
    await using app = await readingApp();
    for (const run_ids of [[], Array.from({ length: 501 }, (_, index) => String(index))]) {
      await expect(app.call(listDeltaInputsOfRuns, { experiment_id: '0', run_ids })).rejects.toMatchObject({
        errorCode: 'INVALID_PARAMETER_VALUE',
      });
    }
    await expect(
      app.call(listDeltaInputsOfRuns, { experiment_id: '777', run_ids: ['a'] }),
    ).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
  });
});
