import {
  createExperiment,
  createModelVersion,
  createRegisteredModel,
  logBatch,
  logInputs,
  setExperimentTag,
} from '@bitacora/protocol';
import { buildExperiment, buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const json = { 'content-type': 'application/json' };

async function ask(app: TestApp, query: string, variables?: object, operationName?: string) {
  const answer = await app.inject({
    method: 'POST',
    url: '/graphql',
    headers: json,
    payload: JSON.stringify({ query, variables, operationName }),
  });
  expect(answer.statusCode, answer.payload).toBe(200);
  return answer.json() as { data: never; errors: string[] | null };
}

const RUN = `query GetRun($data: MlflowGetRunInput!) @component(name: "x") {
  mlflowGetRun(input: $data) {
    apiError { code message }
    run {
      info { runUuid runName status startTime endTime experimentId lifecycleStage userId }
      experiment { name tags { key value } lastUpdateTime }
      modelVersions { name version status source }
      data { metrics { key value step timestamp } params { key value } tags { key value } }
      inputs { datasetInputs { dataset { name digest schema } tags { key value } } modelInputs { modelId } }
      outputs { modelOutputs { modelId step } }
    }
  }
}`;

describe('/graphql', () => {
  test('gives a run with its experiment and the versions made from it', async () => {
    await using app = await testApp();
    const { experiment_id } = await app.call(createExperiment, { name: 'churn' });
    await app.call(setExperimentTag, { experiment_id, key: 'k', value: 'v' });
    const run_id = await buildRun(app, {
      experiment_id,
      start_time: 123,
      run_name: 'first',
      params: [{ key: 'p', value: '1' }],
    });
    await app.call(logBatch, {
      run_id,
      metrics: [
        { key: 'loss', value: 0.5, timestamp: '9007199254740993', step: 7 },
        { key: 'nan', value: 'NaN', timestamp: 1 },
      ],
    });
    await app.call(logInputs, {
      run_id,
      datasets: [
        {
          dataset: { name: 'd', digest: '1', source_type: 's', source: 'x' },
          tags: [{ key: 'c', value: 't' }],
        },
      ],
    });
    await app.call(createRegisteredModel, { name: 'net' });
    const other = await buildRun(app, { experiment_id });
    for (const from of [run_id, other])
      await app.call(createModelVersion, { name: 'net', source: 's3://b/k', run_id: from });
    const { data, errors } = await ask(app, RUN, { data: { runId: run_id } });
    expect(errors).toBe(null);
    expect(data).toMatchObject({
      mlflowGetRun: {
        apiError: null,
        run: {
          info: {
            runUuid: run_id,
            runName: 'first',
            status: 'RUNNING',
            startTime: '123',
            endTime: '0',
            experimentId: experiment_id,
            lifecycleStage: 'active',
            userId: '',
          },
          experiment: {
            name: 'churn',
            tags: [{ key: 'k', value: 'v' }],
            lastUpdateTime: expect.stringMatching(/^\d+$/),
          },
          modelVersions: [{ name: 'net', version: '1', status: 'READY', source: 's3://b/k' }],
          data: {
            metrics: expect.arrayContaining([
              { key: 'loss', value: 0.5, step: '7', timestamp: '9007199254740993' },
              { key: 'nan', value: null, step: '0', timestamp: '1' },
            ]),
            params: [{ key: 'p', value: '1' }],
          },
          inputs: {
            datasetInputs: [
              { dataset: { name: 'd', digest: '1', schema: '' }, tags: [{ key: 'c', value: 't' }] },
            ],
            modelInputs: [],
          },
          outputs: { modelOutputs: [] },
        },
      },
    });
  });

  test('searches runs, lists files, samples metrics and finds data sets', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    for (let i = 0; i < 3; i++)
      await buildRun(app, { experiment_id, metrics: [{ key: 'loss', value: i, timestamp: 1, step: i }] });
    const search = `query($data: MlflowSearchRunsInput!) { mlflowSearchRuns(input: $data) {
      nextPageToken runs { info { runId status } experiment { experimentId } modelVersions { name } } } }`;
    const { data } = await ask(app, search, {
      data: {
        experimentIds: [experiment_id],
        filter: 'metrics.loss > 0',
        maxResults: 1,
        runViewType: 'ACTIVE_ONLY',
        orderBy: ['metrics.loss'],
      },
    });
    expect(data).toMatchObject({
      mlflowSearchRuns: {
        nextPageToken: expect.stringMatching(/.+/),
        runs: [
          { info: { status: 'RUNNING' }, experiment: { experimentId: experiment_id }, modelVersions: [] },
        ],
      },
    });
    const runId = (data as { mlflowSearchRuns: { runs: { info: { runId: string } }[] } }).mlflowSearchRuns
      .runs[0]!.info.runId;
    const more = await ask(
      app,
      `query($run: String, $runs: [String]) {
        mlflowListArtifacts(input: { runId: $run }) { rootUri files { path isDir fileSize } }
        mlflowGetMetricHistoryBulkInterval(input: { runIds: $runs, metricKey: "loss" }) { __typename metrics { runId step value } }
        mlflowGetExperiment(input: { experimentId: "0" }) { experiment { name } }
        withoutId: mlflowGetExperiment(input: {}) { experiment { experimentId } }
        mlflowSearchModelVersions(input: { filter: "name = 'x'" }) { modelVersions { name } }
        test(inputString: "echo") { output }
      }`,
      { run: runId, runs: [runId] },
    );
    expect(more).toEqual({
      data: {
        mlflowListArtifacts: { rootUri: `mlflow-artifacts:/${experiment_id}/${runId}/artifacts`, files: [] },
        mlflowGetMetricHistoryBulkInterval: {
          __typename: 'MlflowGetMetricHistoryBulkIntervalResponse',
          metrics: [{ runId, step: '1', value: 1 }],
        },
        mlflowGetExperiment: { experiment: { name: 'Default' } },
        withoutId: { experiment: { experimentId: '0' } },
        mlflowSearchModelVersions: { modelVersions: [] },
        test: { output: 'echo' },
      },
      errors: null,
    });
    const datasets = await ask(
      app,
      `mutation { mlflowSearchDatasets(input: { experimentIds: ["${experiment_id}"] }) { datasetSummaries { name } } }`,
    );
    expect(datasets.data).toEqual({ mlflowSearchDatasets: { datasetSummaries: [] } });
  });

  test('says as text what is wrong, and gives the rest', async () => {
    await using app = await testApp();
    const { data, errors } = await ask(
      app,
      '{ mlflowGetRun(input: { runId: "nobody" }) { run { info { runId } } } test(inputString: "x") { output } }',
    );
    expect(data).toEqual({ mlflowGetRun: null, test: { output: 'x' } });
    expect(errors).toEqual([expect.stringContaining('nobody')]);
    expect(
      (
        await ask(
          app,
          '{ mlflowSearchRuns(input: { experimentIds: ["0"], filter: "bogus ==" }) { runs { info { runId } } } }',
        )
      ).errors,
    ).toEqual([expect.stringContaining('Invalid')]);
  });

  test.each([
    ['no query at all', 'Syntax'],
    ['{ bogus }', 'bogus'],
    [`{ ${'a'.repeat(10)} }`.repeat(3), 'aaaaaaaaaa'],
    [
      `{ ${Array.from({ length: 11 }, (_, i) => `a${i}: test(inputString: "x") { output }`).join(' ')} }`,
      'more than 10',
    ],
    [
      `{ test(inputString: "x") { ${Array.from({ length: 11 }, (_, i) => `a${i}: output`).join(' ')} } }`,
      'aliases',
    ],
    [`${'{ a '.repeat(12)}${'}'.repeat(12)}`, 'deeper'],
    [`{ test { ${'output '.repeat(1001)} } }`, '1000'],
    [
      `{ test { ...A } } fragment A on Test { ...B ...B output } fragment B on Test { ...A }`,
      'Cannot spread',
    ],
    [`{ test { ${'output '.repeat(5000)} } }`, 'tokens'],
    [
      'query($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) { run { info { runId } } } }',
      'required',
    ],
    ['query A { test { output } } query B { test { output } }', 'operation'],
  ])('refuses %.60s', async (query, words) => {
    await using app = await testApp();
    const { data, errors } = await ask(app, query);
    expect(data ?? null).toBe(null);
    expect(errors?.join('\n')).toContain(words);
  });

  test.each(['', '{}', '{"query": 5}', '{"query": "{ test { output } }", "variables": []}', '[]', '{'])(
    'refuses the body %s',
    async (payload) => {
      await using app = await testApp();
      const answer = await app.inject({ method: 'POST', url: '/graphql', headers: json, payload });
      expect([answer.statusCode, answer.json().error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    },
  );

  test('answers GET too, takes no large body, and keeps workspaces apart', async () => {
    await using app = await testApp();
    const get = await app.inject({
      url: `/graphql?query=${encodeURIComponent('query($t: String) { test(inputString: $t) { output } }')}&variables=${encodeURIComponent('{"t": "x"}')}`,
    });
    expect(get.json()).toEqual({ data: { test: { output: 'x' } }, errors: null });
    const large = await app.inject({
      method: 'POST',
      url: '/graphql',
      headers: json,
      payload: JSON.stringify({ query: ' '.repeat(200_000) }),
    });
    expect(large.statusCode).toBe(413);
    await using apart = await testApp({ workspacesEnabled: true });
    const run_id = await buildRun(apart);
    const askIn = async (workspace: string) =>
      (
        await apart.inject({
          method: 'POST',
          url: '/graphql',
          headers: { ...json, 'x-mlflow-workspace': workspace },
          payload: JSON.stringify({ query: RUN, variables: { data: { runId: run_id } } }),
        })
      ).json();
    await apart.inject({
      method: 'POST',
      url: '/api/3.0/mlflow/workspaces',
      headers: json,
      payload: '{"name": "team-a"}',
    });
    expect((await askIn('default')).errors).toBe(null);
    expect(await askIn('team-a')).toMatchObject({
      data: { mlflowGetRun: null },
      errors: [expect.any(String)],
    });
  });
});

test('MLflow’s pages are told to send nothing about their users', async () => {
  await using app = await testApp();
  const url = '/ajax-api/3.0/mlflow/ui-telemetry';
  expect((await app.inject({ url })).json()).toEqual({
    disable_ui_telemetry: true,
    disable_ui_events: [],
    ui_rollout_percentage: 0,
  });
  for (const payload of ['{"records": [{}]}', 'no JSON'])
    expect((await app.inject({ method: 'POST', url, headers: json, payload })).json()).toEqual({
      status: 'disabled',
    });
});
