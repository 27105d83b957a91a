import { sql } from '@bitacora/db';
import {
  deleteExperiment,
  deleteScorer,
  getOnlineScoringConfigs,
  getScorer,
  listScorers,
  listScorerVersions,
  registerScorer,
  upsertOnlineScoringConfig,
} from '@bitacora/protocol';
import { buildExperiment, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const judge = (model = 'openai:/gpt-4', instructions = 'Is {{ outputs }} polite?') =>
  JSON.stringify({ name: 'polite', instructions_judge_pydantic_data: { model, instructions } });

const register = (app: TestApp, name: string, serialized_scorer = judge(), experiment_id = '0') =>
  app.call(registerScorer, { experiment_id, name, serialized_scorer });

/** As the gateway of MLflow keeps an endpoint. */
const addEndpoint = (app: TestApp, endpoint_id: string, name: string) =>
  app.store.write((tx) =>
    tx.run(sql`
      INSERT INTO endpoints (endpoint_id, name, created_at, last_updated_at, usage_tracking, workspace)
      VALUES (${endpoint_id}, ${name}, 1, 1, ${false}, 'default')`),
  );

describe('a scorer', () => {
  test('has versions from 1 on; the latest is given where none is named', async () => {
    await using app = await testApp();
    const first = await register(app, 'polite');
    expect(first).toEqual({
      version: 1,
      scorer_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      experiment_id: '0',
      name: 'polite',
      serialized_scorer: judge(),
      creation_time: expect.any(Number),
    });
    const second = await register(app, 'polite', judge('openai:/other'));
    expect(second).toMatchObject({ version: 2, scorer_id: first.scorer_id });
    const get = (version?: number) => app.call(getScorer, { experiment_id: '0', name: 'polite', version });
    expect((await get()).scorer).toEqual({
      experiment_id: 0,
      scorer_name: 'polite',
      scorer_version: 2,
      serialized_scorer: judge('openai:/other'),
      creation_time: second.creation_time,
      scorer_id: first.scorer_id,
    });
    expect((await get(1)).scorer.serialized_scorer).toBe(judge());
    await expect(get(3)).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
    const { scorers } = await app.call(listScorerVersions, { experiment_id: '0', name: 'polite' });
    expect(scorers?.map(({ scorer_version }) => scorer_version)).toEqual([1, 2]);
  });

  test('is deleted by version or whole; its last version gone by number leaves its id', async () => {
    await using app = await testApp();
    const { scorer_id } = await register(app, 'polite');
    const remove = (version?: number) =>
      app.call(deleteScorer, { experiment_id: '0', name: 'polite', version });
    await remove(1);
    await expect(remove(1)).rejects.toMatchObject({ status: 404 });
    await expect(remove()).rejects.toMatchObject({ status: 404 });
    await expect(app.call(getScorer, { experiment_id: '0', name: 'polite' })).rejects.toMatchObject({
      status: 404,
    });
    expect(await app.call(listScorers, {})).toEqual({});
    expect(await register(app, 'polite')).toMatchObject({ scorer_id, version: 1 });
    await remove();
    expect((await register(app, 'polite')).scorer_id).not.toBe(scorer_id);
  });

  test('is listed with its latest version, by experiment and name', async () => {
    await using app = await testApp();
    const other = await buildExperiment(app);
    for (const name of ['b', 'a', 'a']) await register(app, name);
    await register(app, 'c', judge(), other);
    const list = async (request: object) =>
      (await app.call(listScorers, request)).scorers?.map(
        (s) => `${s.experiment_id}/${s.scorer_name}${s.scorer_version}`,
      ) ?? [];
    expect(await list({})).toEqual(['0/a2', '0/b1', `${other}/c1`]);
    expect(await list({ experiment_id: other })).toEqual([`${other}/c1`]);
    expect(await list({ experiment_ids: ['0', other, '4242'] })).toHaveLength(3);
    await expect(list({ experiment_id: '0', experiment_ids: ['0'] })).rejects.toMatchObject({ status: 400 });
    for (const id of ['x', '-5', '+0', ' 0', '0 ', ''])
      await expect(list({ experiment_ids: [id] })).rejects.toMatchObject({ status: 400 });
    await expect(list({ experiment_id: '4242' })).rejects.toMatchObject({ status: 404 });
    await app.call(deleteExperiment, { experiment_id: other });
    expect(await list({})).toEqual(['0/a2', '0/b1']);
    expect(await list({ experiment_ids: [other] })).toEqual([]);
    await expect(register(app, 'c', judge(), other)).rejects.toMatchObject({ status: 400 });
  });

  test.each([
    ['  ', judge()],
    ['x'.repeat(257), judge()],
    ['polite', 'no JSON'],
    ['polite', '[]'],
    ['polite', '{"a": \\u0022}'],
    ['polite', `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`],
    ['polite', '{"call_source": "print(1)"}'],
    ['polite', '{"ensemble_scorer_data": {"scorers": [{"call_source": "print(1)"}]}}'],
    ['polite', judge('  ')],
    [
      'polite',
      '{"third_party_scorer_data": {"kwargs": {"model_kwargs": {"api_base": "http://evil.example"}}}}',
    ],
    ['polite', '{"x": [{"third_party_scorer_data": {"kwargs": {"list": [{"fallbacks": []}]}}}]}'],
    ['polite', '{"third_party_scorer_data": {"kwargs": "x"}}'],
  ])('%.10s with %.60s is refused', async (name, text) => {
    await using app = await testApp();
    await expect(register(app, name, text)).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    expect(await app.call(listScorers, {})).toEqual({});
  });

  test('that holds code is kept where the operator allows it', async () => {
    await using app = await testApp({ customScorers: true });
    expect(await register(app, 'own', '{"call_source": "return 1"}')).toMatchObject({ version: 1 });
  });

  test('that judges with the gateway keeps the id of the endpoint and shows its name', async () => {
    await using app = await testApp();
    await addEndpoint(app, 'e-1', 'chat');
    await expect(register(app, 'polite', judge('gateway:/nobody'))).rejects.toMatchObject({ status: 404 });
    const made = await register(app, 'polite', judge('gateway:/chat'));
    expect(made.serialized_scorer).toContain('"gateway:/chat"');
    const stored = await app.store.db.get(
      sql<{ text: string }>`SELECT serialized_scorer AS text FROM scorer_versions`,
    );
    expect(stored?.text).toContain('"gateway:/e-1"');
    await app.store.write((tx) =>
      tx.run(sql`UPDATE endpoints SET name = 'renamed' WHERE endpoint_id = 'e-1'`),
    );
    const { scorer } = await app.call(getScorer, { experiment_id: '0', name: 'polite' });
    expect(scorer.serialized_scorer).toContain('"gateway:/renamed"');
    expect(
      await app.store.db.all(sql`SELECT endpoint_id, resource_type, display_name FROM endpoint_bindings`),
    ).toEqual([{ endpoint_id: 'e-1', resource_type: 'scorer', display_name: 'polite' }]);
    await app.call(deleteScorer, { experiment_id: '0', name: 'polite' });
    expect(await app.store.db.all(sql`SELECT endpoint_id FROM endpoint_bindings`)).toEqual([]);
  });
});

describe('online scoring', () => {
  test('is set for scorers that judge with the gateway, once each', async () => {
    await using app = await testApp();
    await addEndpoint(app, 'e-1', 'chat');
    const { scorer_id } = await register(app, 'polite', judge('gateway:/chat'));
    const set = (sample_rate: number, filter_string?: string) =>
      app.call(upsertOnlineScoringConfig, { experiment_id: '0', name: 'polite', sample_rate, filter_string });
    await set(1);
    const { config } = await set(0.25, "status = 'OK'");
    expect(config).toEqual({
      online_scoring_config_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      scorer_id,
      sample_rate: 0.25,
      experiment_id: '0',
      filter_string: "status = 'OK'",
    });
    expect(await app.call(getOnlineScoringConfigs, { scorer_ids: [scorer_id, 'x'] })).toEqual({
      configs: [config],
    });
    expect(await app.call(getOnlineScoringConfigs, { scorer_ids: ['x'] })).toEqual({ configs: [] });
    for (const refused of [set(1.5), set(-1), set(Number.NaN), set(1, 'bogus ==')])
      await expect(refused).rejects.toMatchObject({ status: 400 });
    await app.call(deleteScorer, { experiment_id: '0', name: 'polite' });
    expect(await app.call(getOnlineScoringConfigs, { scorer_ids: [scorer_id] })).toEqual({ configs: [] });
  });

  test('is refused for judges that it could not ask, but may always be off', async () => {
    await using app = await testApp();
    await addEndpoint(app, 'e-1', 'chat');
    await register(app, 'direct');
    await register(app, 'strict', judge('gateway:/chat', 'Is {{ outputs }} like {{expectations}}?'));
    const set = (name: string, sample_rate: number) =>
      app.call(upsertOnlineScoringConfig, { experiment_id: '0', name, sample_rate });
    for (const name of ['direct', 'strict'])
      await expect(set(name, 0.5)).rejects.toMatchObject({ status: 400 });
    expect((await set('direct', 0)).config.sample_rate).toBe(0);
    await expect(set('nobody', 0.5)).rejects.toMatchObject({ status: 404 });
  });
});
