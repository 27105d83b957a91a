import { deleteRun, getRunDataset, listRunDatasets, logInputs, type Request } from '@bitacora/protocol';
import { buildExperiment, buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

type Dataset = Request<typeof logInputs>['datasets'] extends readonly (infer Entry)[] | undefined
  ? Entry extends { readonly dataset: infer Dataset }
    ? Dataset
    : never
  : never;

const wine: Dataset = {
  name: 'wine',
  digest: 'd1',
  source_type: 'http',
  source: '{"url": "https://x/w.csv"}',
};

async function use(app: TestApp, run_id: string, dataset: Partial<Dataset>, context?: string) {
  const tags = context === undefined ? [] : [{ key: 'mlflow.data.context', value: context }];
  await app.call(logInputs, { run_id, datasets: [{ dataset: { ...wine, ...dataset }, tags }] });
}

describe('the data sets of an experiment', () => {
  test('are listed once each, with what for, how often and when runs have read them', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    const build = (start_time: number) => buildRun(app, { experiment_id, start_time });
    const [first, second] = [await build(1000), await build(3000)];
    await use(app, first, {}, 'training');
    await use(app, second, {}, 'eval');
    await use(app, first, { digest: 'd2' });
    await use(app, second, { name: 'iris', source_type: 'local' }, 'training');
    await use(app, await buildRun(app), { name: 'of another experiment' });
    expect(await app.call(listRunDatasets, { experiment_id })).toEqual({
      datasets: [
        {
          name: 'iris',
          digest: 'd1',
          source_type: 'local',
          contexts: ['training'],
          run_count: 1,
          last_run_time: 3000,
        },
        {
          name: 'wine',
          digest: 'd1',
          source_type: 'http',
          contexts: ['eval', 'training'],
          run_count: 2,
          last_run_time: 3000,
        },
        { name: 'wine', digest: 'd2', source_type: 'http', run_count: 1, last_run_time: 1000 },
      ],
    });
  });

  test('say nothing of runs in the trash', async () => {
    await using app = await testApp();
    const kept = await buildRun(app, { start_time: 1 });
    const deleted = await buildRun(app, { start_time: 2 });
    await use(app, kept, {}, 'training');
    await use(app, deleted, {}, 'secret');
    await use(app, deleted, { digest: 'd2' }, 'secret');
    await app.call(deleteRun, { run_id: deleted });
    const usage = { contexts: ['training'], run_count: 1, last_run_time: 1 };
    expect((await app.call(listRunDatasets, { experiment_id: '0' })).datasets).toEqual([
      { name: 'wine', digest: 'd1', source_type: 'http', ...usage },
      { name: 'wine', digest: 'd2', source_type: 'http', run_count: 0 },
    ]);
    const one = { experiment_id: '0', name: 'wine' };
    expect(await app.call(getRunDataset, { ...one, digest: 'd1' })).toEqual({
      dataset: wine,
      ...usage,
      last_run_id: kept,
    });
    expect(await app.call(getRunDataset, { ...one, digest: 'd2' })).toEqual({
      dataset: { ...wine, digest: 'd2' },
      run_count: 0,
    });
  });

  test('come in pages and are found by a piece of their name', async () => {
    await using app = await testApp();
    expect(await app.call(listRunDatasets, { experiment_id: '0' })).toEqual({});
    const run_id = await buildRun(app);
    for (const name of ['a1', 'a2', 'A3', 'b1']) await use(app, run_id, { name });
    const pages: (readonly string[])[] = [];
    for (let page_token: string | undefined = ''; page_token !== undefined; ) {
      const page: Awaited<ReturnType<typeof list>> = await list(page_token);
      pages.push((page.datasets ?? []).map(({ name }) => name));
      page_token = page.next_page_token;
    }
    async function list(page_token: string) {
      return app.call(listRunDatasets, { experiment_id: '0', max_results: 3, page_token });
    }
    expect(pages.map((page) => page.length)).toEqual([3, 1]);
    expect(pages.flat().sort()).toEqual(['A3', 'a1', 'a2', 'b1']);
    const found = await app.call(listRunDatasets, { experiment_id: '0', name_contains: 'a' });
    expect(found.datasets?.map(({ name }) => name).sort()).toEqual(['A3', 'a1', 'a2']);
    expect(await app.call(listRunDatasets, { experiment_id: '0', name_contains: "'; --" })).toEqual({});
  });

  test('have at most 20 contexts each, and one with more takes none from the next', async () => {
    await using app = await testApp();
    for (let index = 0; index < 25; index++) {
      const run_id = await buildRun(app);
      await use(app, run_id, {}, `context ${String(index).padStart(2, '0')}`);
      if (index === 0) await use(app, run_id, { name: 'next' }, 'training');
    }
    const { datasets } = await app.call(listRunDatasets, { experiment_id: '0' });
    expect(datasets?.map(({ name, contexts }) => [name, contexts?.length, contexts?.[0]])).toEqual([
      ['next', 1, 'training'],
      ['wine', 20, 'context 00'],
    ]);
  });
});

describe('a data set of an experiment', () => {
  test('has its schema, profile and source, and the newest run that read it', async () => {
    await using app = await testApp();
    const whole = { schema: '{"mlflow_colspec": []}', profile: '{"num_rows": 1}' };
    const newest = await buildRun(app, { start_time: 20 });
    await use(app, newest, whole, 'training');
    await use(app, await buildRun(app, { start_time: 10 }), whole);
    expect(await app.call(getRunDataset, { experiment_id: '0', name: 'wine', digest: 'd1' })).toEqual({
      dataset: { ...wine, ...whole },
      contexts: ['training'],
      run_count: 2,
      last_run_time: 20,
      last_run_id: newest,
    });
  });

  test('is known by its exact name and digest', async () => {
    await using app = await testApp();
    await use(app, await buildRun(app), {});
    for (const other of [{ digest: 'd2' }, { name: 'WINE' }, { name: 'wine ' }, { name: "wine' OR '1" }]) {
      const request = { experiment_id: '0', name: 'wine', digest: 'd1', ...other };
      await expect(app.call(getRunDataset, request), JSON.stringify(other)).rejects.toMatchObject({
        errorCode: 'RESOURCE_DOES_NOT_EXIST',
      });
    }
  });

  test.each(['77777', 'x'])('of experiment %j is not there', async (experiment_id) => {
    await using app = await testApp();
    await expect(app.call(listRunDatasets, { experiment_id })).rejects.toMatchObject({
      errorCode: experiment_id === 'x' ? 'INVALID_PARAMETER_VALUE' : 'RESOURCE_DOES_NOT_EXIST',
    });
    await expect(app.call(listRunDatasets, { experiment_id: '0', max_results: 0 })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
    await expect(app.call(listRunDatasets, { experiment_id: '0', page_token: 'x' })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });
});
