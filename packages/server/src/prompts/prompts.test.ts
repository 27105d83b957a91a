import {
  createModelVersion,
  createRegisteredModel,
  deleteModelVersion,
  deleteRegisteredModel,
  deleteRegisteredModelTag,
  getModelVersion,
  getModelVersionByAlias,
  getRegisteredModel,
  searchModelVersions,
  searchRegisteredModels,
  setRegisteredModelTag,
} from '@bitacora/protocol';
import { buildPrompt, buildRegisteredModel, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const INVALID = { errorCode: 'INVALID_PARAMETER_VALUE', status: 400 };
const IS_PROMPT = 'mlflow.prompt.is_prompt';
const MARK = { key: IS_PROMPT, value: 'true' };

const models = async (app: TestApp, filter?: string) =>
  (
    (await app.call(searchRegisteredModels, filter === undefined ? {} : { filter })).registered_models ?? []
  ).map(({ name }) => name);
const versions = async (app: TestApp, filter?: string) =>
  (
    (await app.call(searchModelVersions, { order_by: ['name'], ...(filter === undefined ? {} : { filter }) }))
      .model_versions ?? []
  ).map(({ name, version }) => `${name}/${version}`);

describe('searches', () => {
  test('find models only, unless they ask for prompts by their tag, and then prompts only', async () => {
    await using app = await testApp();
    const kind = [{ key: 'kind', value: 'both' }];
    await buildRegisteredModel(app, { name: 'm', tags: kind, versions: [{ tags: kind }] });
    await buildPrompt(app, { name: 'p', tags: kind, texts: ['one', 'two'] });
    const [onlyModels, onlyPrompts] = [
      [['m'], ['m/1']],
      [['p'], ['p/2', 'p/1']],
    ];
    for (const [filter, expected] of [
      [undefined, onlyModels],
      [`tags.\`${IS_PROMPT}\` = 'true'`, onlyPrompts],
      [`tag.${IS_PROMPT} = 'true'`, onlyPrompts],
      [`tags.\`${IS_PROMPT}\` != 'false'`, onlyPrompts],
      [`tags.\`${IS_PROMPT}\` != 'true'`, onlyModels],
      [`tags.\`${IS_PROMPT}\` = 'false'`, onlyModels],
      [`tags.\`${IS_PROMPT}\` LIKE '%'`, onlyModels],
      ["name = 'p'", [[], []]],
      ["name LIKE '%'", onlyModels],
      [`name = 'p' AND tags.\`${IS_PROMPT}\` = 'true'`, onlyPrompts],
      [`name = 'm' AND tags.\`${IS_PROMPT}\` = 'true'`, [[], []]],
      // Stored is `true`; the comparison itself keeps its case.
      [`tags.\`${IS_PROMPT}\` = 'TRUE'`, [[], []]],
      // The first of two clauses decides, and both must hold.
      [`tags.\`${IS_PROMPT}\` = 'true' AND tags.\`${IS_PROMPT}\` = 'x'`, [[], []]],
    ] as const)
      expect([await models(app, filter), await versions(app, filter)], filter).toEqual(expected);
    expect(await models(app, `tags.kind = 'both' AND tags.\`${IS_PROMPT}\` = 'true'`)).toEqual(['p']);
    expect(await models(app, "tags.kind = 'both'")).toEqual(['m']);
    expect(await versions(app, "tags.kind = 'both'")).toEqual(['m/1']);
    expect(
      await versions(app, `tags.\`mlflow.prompt.text\` = 'two' AND tags.\`${IS_PROMPT}\` = 'true'`),
    ).toEqual(['p/2']);
  });

  test('tell the two apart by the tag as it is now', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    await app.call(setRegisteredModelTag, { name, key: IS_PROMPT, value: 'true' });
    expect(await models(app)).toEqual([]);
    await app.call(deleteRegisteredModelTag, { name, key: IS_PROMPT });
    expect(await models(app)).toEqual([name]);
    await app.call(setRegisteredModelTag, { name, key: IS_PROMPT, value: 'no' });
    expect(await models(app)).toEqual([name]);
  });

  test('hide all versions of a name of which one is a prompt, as MLflow does', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, {
      versions: [{}, { source: 'prompt-template', tags: [MARK] }],
    });
    expect(await versions(app)).toEqual([]);
    expect(await versions(app, `tags.\`${IS_PROMPT}\` = 'true'`)).toEqual([`${name}/2`]);
    expect(await models(app)).toEqual([name]);
  });

  test('show no prompt version that was deleted', async () => {
    await using app = await testApp();
    const name = await buildPrompt(app, { texts: ['one', 'two'] });
    await app.call(deleteModelVersion, { name, version: '2' });
    expect(await versions(app, `tags.\`${IS_PROMPT}\` = 'true'`)).toEqual([`${name}/1`]);
    expect((await app.call(getModelVersionByAlias, { name, alias: 'latest' })).model_version.version).toBe(
      '1',
    );
  });
});

describe('a prompt’s version', () => {
  test('keeps its text whole, up to 100,000 characters', async () => {
    await using app = await testApp();
    // MySQL's column has 64 KB.
    const most = app.store.db.dialect === 'mysql' ? 16_000 : 100_000;
    const text = '🚀'.repeat(most);
    const name = await buildPrompt(app, { texts: [text] });
    const { model_version } = await app.call(getModelVersion, { name, version: '1' });
    expect(model_version.tags?.find(({ key }) => key === 'mlflow.prompt.text')?.value).toBe(text);
    expect(model_version).toMatchObject({ source: 'dummy-source', run_id: '' });
    const tags = [MARK, { key: 'mlflow.prompt.text', value: 'x'.repeat(100_001) }];
    await expect(app.call(createModelVersion, { name, source: 'dummy-source', tags })).rejects.toMatchObject(
      INVALID,
    );
  });

  test('has one of MLflow’s two placeholders as its source; whoever says so is no way around the rules', async () => {
    await using app = await testApp();
    const name = await buildPrompt(app);
    const create = (source: string, ...values: string[]) =>
      app.call(createModelVersion, {
        name,
        source,
        tags: values.map((value) => ({ key: IS_PROMPT, value })),
      });
    for (const source of ['dummy-source', 'prompt-template'])
      for (const value of ['true', 'True', 'TRUE']) await create(source, value);
    for (const source of ['/etc/passwd', 's3://bucket/x', 'dummy-source/..', 'http://host', ''])
      await expect(create(source, 'true'), source).rejects.toMatchObject(INVALID);
    // Of repeated keys the last counts: this is no prompt, so the placeholder is a path like any other.
    await expect(create('dummy-source', 'true', 'false')).rejects.toMatchObject(INVALID);
    await expect(create('dummy-source', '')).rejects.toMatchObject(INVALID);
    await create('dummy-source', 'false', 'true');
  });

  test('comes and goes like a model’s', async () => {
    await using app = await testApp();
    const name = await buildPrompt(app, { texts: ['one'], description: 'first' });
    expect((await app.call(getRegisteredModel, { name })).registered_model).toMatchObject({
      description: 'first',
      tags: [MARK],
      latest_versions: [{ version: '1' }],
    });
    await app.call(deleteRegisteredModel, { name });
    expect(await models(app, `tags.\`${IS_PROMPT}\` = 'true'`)).toEqual([]);
    expect((await app.call(createRegisteredModel, { name })).registered_model).not.toHaveProperty('tags');
  });
});
