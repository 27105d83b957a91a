import { sql } from '@bitacora/db';
import {
  createExperiment,
  createRun,
  deleteExperiment,
  getExperiment,
  getExperimentByName,
  getRun,
  restoreExperiment,
  searchExperiments,
  searchRuns,
  setExperimentTag,
  updateExperiment,
} from '@bitacora/protocol';
import { buildExperiment, buildRun, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

describe('createExperiment', () => {
  test('keeps the name of a deleted experiment reserved', async () => {
    await using app = await testApp();
    await buildExperiment(app, { name: 'churn', lifecycle_stage: 'deleted' });
    await expect(app.call(createExperiment, { name: 'churn' })).rejects.toMatchObject({
      errorCode: 'RESOURCE_ALREADY_EXISTS',
      status: 400,
    });
  });

  test('of several at once with one name, exactly one wins', async () => {
    await using app = await testApp();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => app.call(createExperiment, { name: 'race' })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('puts its artifacts below the root, or where it is told', async () => {
    await using app = await testApp();
    const id = await buildExperiment(app);
    const { experiment } = await app.call(getExperiment, { experiment_id: id });
    expect(experiment.artifact_location).toBe(`mlflow-artifacts:/${id}`);
    const elsewhere = await buildExperiment(app, { artifact_location: 's3://bucket/path' });
    expect((await app.call(getExperiment, { experiment_id: elsewhere })).experiment.artifact_location).toBe(
      's3://bucket/path',
    );
  });

  test.each(['http://evil.example/x', 'mlflow-artifacts://evil/x', 's3://b/../x', 'runs:/x'])(
    'refuses the location %s',
    async (artifact_location) => {
      await using app = await testApp();
      await expect(app.call(createExperiment, { name: 'x', artifact_location })).rejects.toMatchObject({
        errorCode: 'INVALID_PARAMETER_VALUE',
      });
    },
  );

  test('leaves nothing behind when a tag is refused', async () => {
    await using app = await testApp();
    await expect(
      app.call(createExperiment, { name: 'x', tags: [{ key: '../a', value: '1' }] }),
    ).rejects.toMatchObject({ status: 400 });
    await expect(app.call(getExperimentByName, { experiment_name: 'x' })).rejects.toMatchObject({
      status: 404,
    });
  });

  test('counts characters, not bytes, in the longest name that fits', async () => {
    await using app = await testApp();
    // MLflow allows 500; the columns of PostgreSQL and MySQL hold fewer, and only SQLite does not mind.
    const most = app.store.db.dialect === 'sqlite' ? 500 : 256;
    await buildExperiment(app, { name: '🧭'.repeat(most) });
    await expect(app.call(createExperiment, { name: '🧭'.repeat(most + 1) })).rejects.toMatchObject({
      status: 400,
    });
  });
});

describe('a deleted experiment', () => {
  test('takes no runs, tags or names, and says why', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app, { lifecycle_stage: 'deleted' });
    await expect(app.call(createRun, { experiment_id })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
    await expect(app.call(setExperimentTag, { experiment_id, key: 'a', value: 'b' })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
    await expect(app.call(updateExperiment, { experiment_id, new_name: 'x' })).rejects.toMatchObject({
      errorCode: 'INVALID_STATE',
      status: 400,
    });
    await expect(app.call(deleteExperiment, { experiment_id })).rejects.toMatchObject({ status: 404 });
  });

  test('comes back with all its runs, also those deleted one by one before', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    const run_id = await buildRun(app, { experiment_id, lifecycle_stage: 'deleted' });
    await app.call(deleteExperiment, { experiment_id });
    await app.call(restoreExperiment, { experiment_id });
    expect((await app.call(getRun, { run_id })).run.info.lifecycle_stage).toBe('active');
    await expect(app.call(restoreExperiment, { experiment_id })).rejects.toMatchObject({ status: 404 });
  });
});

describe('tags that MLflow’s pages set', () => {
  test.each([
    ['mlflow.trace.archivalRetention', '{"type": "duration", "value": "30d"}', true],
    ['mlflow.trace.archivalRetention', '{"value": "30d"}', false],
    ['mlflow.trace.archivalRetention', '{"type": "duration", "value": "0d"}', false],
    ['mlflow.trace.archivalRetention', '30d', false],
    ['mlflow.trace.archiveNow', '{"older_than": "12h"}', true],
    ['mlflow.trace.archiveNow', '{}', true],
    ['mlflow.trace.archiveNow', '[]', false],
    ['mlflow.trace.archiveNow', '{', false],
  ])('%s = %s: %s', async (key, value, isFine) => {
    await using app = await testApp();
    const set = app.call(setExperimentTag, { experiment_id: '0', key, value });
    if (isFine) await set;
    else await expect(set).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  });

  test('hold at most 50 saved views, which may still be changed then', async () => {
    await using app = await testApp();
    const set = (index: number, value: string) =>
      app.call(setExperimentTag, { experiment_id: '0', key: `mlflow.customView.view${index}`, value });
    for (let index = 0; index < 50; index++) await set(index, 'a');
    await set(7, 'b');
    await expect(set(50, 'a')).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  });
});

describe('searchExperiments', () => {
  test('wants max_results, as MLflow does, between 1 and 50,000', async () => {
    await using app = await testApp();
    for (const body of [{}, { max_results: 0 }, { max_results: 50_001 }]) {
      const answer = await app.inject({
        method: 'POST',
        url: '/api/2.0/mlflow/experiments/search',
        payload: body,
      });
      expect([answer.statusCode, answer.json().error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    }
  });

  test('answers a GET like a POST, with repeated keys for lists', async () => {
    await using app = await testApp();
    for (const name of ['Eb', 'Ea', 'Ec']) await buildExperiment(app, { name });
    const answer = await app.inject({
      url: '/ajax-api/2.0/mlflow/experiments/search?max_results=2&order_by=name&order_by=experiment_id',
    });
    expect(answer.json().experiments.map(({ name }: { name: string }) => name)).toEqual(['Default', 'Ea']);
  });

  test('pages to the end without gap or overlap', async () => {
    await using app = await testApp();
    for (let index = 0; index < 7; index++) await buildExperiment(app);
    const seen: string[] = [];
    let page_token: string | undefined;
    do {
      const page = await app.call(searchExperiments, { max_results: 3, page_token });
      seen.push(...(page.experiments ?? []).map(({ experiment_id }) => experiment_id));
      page_token = page.next_page_token;
    } while (page_token);
    expect(seen).toHaveLength(8);
    expect(new Set(seen).size).toBe(8);
  });

  test.each([
    'garbage',
    'eyJvZmZzZXQiOiAwfQ==',
    Buffer.from('{"offset": 1e9}').toString('base64'),
    Buffer.from('{"offset": -1}').toString('base64'),
  ])('refuses the forged page token %s', async (page_token) => {
    await using app = await testApp();
    await expect(app.call(searchExperiments, { max_results: 3, page_token })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });

  test('takes what is no id for nobody’s', async () => {
    await using app = await testApp();
    const count = async (filter: string) =>
      (await app.call(searchExperiments, { max_results: 5, filter })).experiments?.length ?? 0;
    expect(await count("experiment_id = 'x'")).toBe(0);
    expect(await count("experiment_id != 'x'")).toBe(1);
    expect(await count("experiment_id != '0'")).toBe(0);
  });

  test('does not bind a filter into its SQL', async () => {
    await using app = await testApp();
    const { experiments = [] } = await app.call(searchExperiments, {
      max_results: 10,
      filter: `name = "'; DROP TABLE experiments; --"`,
    });
    expect(experiments).toEqual([]);
    expect((await app.call(searchExperiments, { max_results: 10 })).experiments).toHaveLength(1);
  });
});

// PostgreSQL and MySQL have four bytes for the id.
if (process.env.TEST_DATABASE_URI === undefined)
  describe('an experiment whose id is beyond 2^53', () => {
    const experiment_id = '748889942911535365';

    test('is found, filled and searched by every digit', async () => {
      await using app = await testApp();
      await app.store.write((tx) =>
        tx.run(sql`
        INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, workspace)
        VALUES (${BigInt(experiment_id)}, 'large', 'mlflow-artifacts:/large', 'active', 'default')`),
      );
      await app.call(setExperimentTag, { experiment_id, key: 'team', value: 'blue' });
      const run_id = await buildRun(app, { experiment_id });
      const { experiment } = await app.call(getExperiment, { experiment_id });
      expect(experiment).toMatchObject({ experiment_id, tags: [{ key: 'team', value: 'blue' }] });
      const { runs } = await app.call(searchRuns, { experiment_ids: [experiment_id] });
      expect(runs?.map(({ info }) => [info.run_id, info.experiment_id])).toEqual([[run_id, experiment_id]]);
      const found = await app.call(searchExperiments, {
        max_results: 5,
        filter: `experiment_id = '${experiment_id}'`,
      });
      expect(found.experiments).toHaveLength(1);
      // The number next to it, as which it would read if it were rounded.
      await expect(app.call(getExperiment, { experiment_id: '748889942911535364' })).rejects.toMatchObject({
        status: 404,
      });
      await expect(buildExperiment(app)).resolves.toBe('748889942911535366');
    });
  });
