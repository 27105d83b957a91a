import {
  createModelVersion,
  createRegisteredModel,
  deleteRegisteredModel,
  deleteRegisteredModelTag,
  getLatestVersions,
  getModelVersion,
  getModelVersionByAlias,
  getRegisteredModel,
  renameRegisteredModel,
  searchModelVersions,
  setModelVersionTag,
  setRegisteredModelAlias,
  setRegisteredModelTag,
  transitionModelVersionStage,
  updateRegisteredModel,
} from '@bitacora/protocol';
import { buildPrompt, buildRegisteredModel, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const INVALID = { errorCode: 'INVALID_PARAMETER_VALUE', status: 400 };
const ABSENT = { errorCode: 'RESOURCE_DOES_NOT_EXIST', status: 404 };
const TAKEN = { errorCode: 'RESOURCE_ALREADY_EXISTS', status: 400 };

describe('createRegisteredModel', () => {
  test('answers what was given, and leaves out what is empty', async () => {
    await using app = await testApp();
    const before = Date.now();
    const { registered_model } = await app.call(createRegisteredModel, {
      name: 'ü 模型 🚀',
      description: 'about',
      tags: [
        { key: 'a', value: '1' },
        { key: 'a', value: '2' },
        { key: 'b/ü c', value: '' },
      ],
      deployment_job_id: '77',
    });
    expect(registered_model).toEqual({
      name: 'ü 模型 🚀',
      creation_timestamp: registered_model.creation_timestamp,
      last_updated_timestamp: registered_model.creation_timestamp,
      description: 'about',
      tags: [
        { key: 'a', value: '2' },
        { key: 'b/ü c', value: '' },
      ],
    });
    expect(registered_model.creation_timestamp).toBeGreaterThanOrEqual(before);
    const bare = await app.call(createRegisteredModel, { name: 'bare' });
    expect(Object.keys(bare.registered_model)).toEqual([
      'name',
      'creation_timestamp',
      'last_updated_timestamp',
    ]);
  });

  test('refuses names that would not survive as a path or a URI', async () => {
    await using app = await testApp();
    const known = await buildRegisteredModel(app);
    for (const name of ['', ' ', '\t', 'a/b', 'a:b', '.', '..', '..a', './a', 'a'.repeat(257)]) {
      await expect(app.call(createRegisteredModel, { name }), name).rejects.toMatchObject(INVALID);
      // Before it is known whether there is such a model.
      for (const from of [known, 'nobody']) {
        const renamed = app.call(renameRegisteredModel, { name: from, new_name: name });
        await expect(renamed, name).rejects.toMatchObject(INVALID);
      }
    }
  });

  test('counts the characters of a name, not its bytes', async () => {
    await using app = await testApp();
    const name = '🚀'.repeat(256);
    expect((await app.call(createRegisteredModel, { name })).registered_model.name).toBe(name);
    expect((await app.call(getRegisteredModel, { name })).registered_model.name).toBe(name);
  });

  test.each([
    ['a key with other characters', { key: '$', value: '' }, 'tags[1].key'],
    ['a key that is a path upward', { key: '../a', value: '' }, 'tags[1].key'],
    ['a key of 251 characters', { key: 'k'.repeat(251), value: '' }, 'tags[1].key'],
    ['a value of 100,001 characters', { key: 'k', value: 'v'.repeat(100_001) }, 'tags[1].value'],
  ])('refuses %s, names it, and keeps no half of the model', async (_, tag, path) => {
    await using app = await testApp();
    const tags = [{ key: 'fine', value: '1' }, tag];
    await expect(app.call(createRegisteredModel, { name: 'm', tags })).rejects.toMatchObject({
      ...INVALID,
      message: expect.stringContaining(path),
    });
    await expect(app.call(getRegisteredModel, { name: 'm' })).rejects.toMatchObject(ABSENT);
  });

  test('refuses what its column cannot hold with 400, on every engine', async () => {
    await using app = await testApp();
    const description = 'd'.repeat(6000);
    const made = app.call(createRegisteredModel, { name: 'long', description });
    if (app.store.db.dialect === 'sqlite')
      expect((await made).registered_model.description).toBe(description);
    else await expect(made).rejects.toMatchObject(INVALID);
    await expect(
      app.call(createRegisteredModel, { name: 'longer', description: 'd'.repeat(100_001) }),
    ).rejects.toMatchObject(INVALID);
  });

  test('lets exactly one of racing creates win', async () => {
    await using app = await testApp();
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, () => app.call(createRegisteredModel, { name: 'one' })),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of tries)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(TAKEN);
  });

  test('tells a prompt and a model apart when one takes the name of the other', async () => {
    await using app = await testApp();
    const [model, prompt] = [await buildRegisteredModel(app), await buildPrompt(app)];
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    const clash = (name: string, given = {}) => app.call(createRegisteredModel, { name, ...given });
    await expect(clash(model)).rejects.toMatchObject({
      ...TAKEN,
      message: `Registered Model (name=${model}) already exists.`,
    });
    await expect(clash(prompt, { tags })).rejects.toMatchObject({
      ...TAKEN,
      message: `Prompt (name=${prompt}) already exists.`,
    });
    for (const [name, given] of [
      [model, { tags }],
      [prompt, {}],
    ] as const) {
      await expect(clash(name, given)).rejects.toMatchObject({
        ...TAKEN,
        message: expect.stringMatching(/prompt.*registered model|registered model.*prompt/),
      });
    }
  });
});

describe('updateRegisteredModel', () => {
  test('replaces the description, and clears it when none is given', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { description: 'old' });
    const update = async (description?: string) =>
      (await app.call(updateRegisteredModel, { name, ...(description === undefined ? {} : { description }) }))
        .registered_model.description;
    expect(await update('new')).toBe('new');
    expect(await update()).toBeUndefined();
    await expect(app.call(updateRegisteredModel, { name: 'nobody' })).rejects.toMatchObject(ABSENT);
  });
});

describe('renameRegisteredModel', () => {
  test('takes versions, tags, aliases and stages along, and gives all versions a new time', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, {
      tags: [{ key: 'team', value: 'a' }],
      versions: [{}, { description: 'second' }],
    });
    await app.call(setModelVersionTag, { name, version: '2', key: 'k', value: 'v' });
    await app.call(setRegisteredModelAlias, { name, alias: 'best', version: '2' });
    await app.call(transitionModelVersionStage, { name, version: '1', stage: 'Staging' });
    const before = await app.call(getModelVersion, { name, version: '2' });
    const { registered_model } = await app.call(renameRegisteredModel, { name, new_name: 'renamed ü' });
    expect(registered_model).toMatchObject({
      name: 'renamed ü',
      tags: [{ key: 'team', value: 'a' }],
      aliases: [{ alias: 'best', version: '2' }],
      latest_versions: [
        { name: 'renamed ü', version: '1', current_stage: 'Staging' },
        { name: 'renamed ü', version: '2', tags: [{ key: 'k', value: 'v' }], description: 'second' },
      ],
    });
    const after = await app.call(getModelVersionByAlias, { name: 'renamed ü', alias: 'best' });
    expect(after.model_version.last_updated_timestamp).toBe(registered_model.last_updated_timestamp);
    expect(after.model_version.creation_timestamp).toBe(before.model_version.creation_timestamp);
    await expect(app.call(getRegisteredModel, { name })).rejects.toMatchObject(ABSENT);
    await expect(app.call(getModelVersion, { name, version: '2' })).rejects.toMatchObject(ABSENT);
    expect(await app.call(searchModelVersions, { filter: `name = '${name}'` })).toEqual({});
  });

  test('refuses a name that is taken, by a model or a prompt, and changes nothing', async () => {
    await using app = await testApp();
    const [name, other, prompt] = [
      await buildRegisteredModel(app, { versions: [{}] }),
      await buildRegisteredModel(app),
      await buildPrompt(app),
    ];
    for (const new_name of [other, prompt])
      await expect(app.call(renameRegisteredModel, { name, new_name })).rejects.toMatchObject(TAKEN);
    expect((await app.call(getModelVersion, { name, version: '1' })).model_version.name).toBe(name);
    await expect(
      app.call(renameRegisteredModel, { name: 'nobody', new_name: 'somebody' }),
    ).rejects.toMatchObject(ABSENT);
  });

  test('lets a model keep its name, or change its case alone', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { name: 'Case', versions: [{}] });
    expect((await app.call(renameRegisteredModel, { name, new_name: name })).registered_model.name).toBe(
      name,
    );
    await app.call(renameRegisteredModel, { name, new_name: 'case' });
    expect((await app.call(getModelVersion, { name: 'case', version: '1' })).model_version.version).toBe('1');
  });
});

describe('deleteRegisteredModel', () => {
  test('deletes all there is of it, also what is in Production, and frees its name and numbers', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { tags: [{ key: 'a', value: '1' }], versions: [{}, {}] });
    await app.call(setModelVersionTag, { name, version: '1', key: 'k', value: 'v' });
    await app.call(setRegisteredModelAlias, { name, alias: 'best', version: '2' });
    await app.call(transitionModelVersionStage, { name, version: '1', stage: 'Production' });
    expect(await app.call(deleteRegisteredModel, { name })).toEqual({});
    await expect(app.call(getRegisteredModel, { name })).rejects.toMatchObject(ABSENT);
    await expect(app.call(deleteRegisteredModel, { name })).rejects.toMatchObject(ABSENT);
    await buildRegisteredModel(app, { name });
    expect((await app.call(getRegisteredModel, { name })).registered_model).not.toHaveProperty('tags');
    const { model_version } = await app.call(createModelVersion, { name, source: 's3://b/x' });
    expect([model_version.version, model_version.tags, model_version.aliases]).toEqual([
      '1',
      undefined,
      undefined,
    ]);
  });
});

describe('tags of a registered model', () => {
  test('are set, replaced and removed; removing what is not there is fine', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    const tags = async () => (await app.call(getRegisteredModel, { name })).registered_model.tags;
    await app.call(setRegisteredModelTag, { name, key: 'k', value: 'v' });
    await app.call(setRegisteredModelTag, { name, key: 'k', value: 'w' });
    await app.call(setRegisteredModelTag, { name, key: 'empty' });
    expect(await tags()).toEqual([
      { key: 'empty', value: '' },
      { key: 'k', value: 'w' },
    ]);
    for (const key of ['k', 'k', 'empty']) await app.call(deleteRegisteredModelTag, { name, key });
    expect(await tags()).toBeUndefined();
    await expect(app.call(deleteRegisteredModelTag, { name, key: '$' })).rejects.toMatchObject(INVALID);
    for (const call of [
      () => app.call(setRegisteredModelTag, { name: 'nobody', key: 'k', value: 'v' }),
      () => app.call(deleteRegisteredModelTag, { name: 'nobody', key: 'k' }),
    ])
      await expect(call()).rejects.toMatchObject(ABSENT);
  });
});

describe('getLatestVersions', () => {
  test('answers the newest of each stage or of those named, in any case, with aliases', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}, {}, {}, {}] });
    for (const version of ['1', '2'])
      await app.call(transitionModelVersionStage, { name, version, stage: 'Production' });
    await app.call(setRegisteredModelAlias, { name, alias: 'live', version: '2' });
    const found = async (stages?: string[]) =>
      ((await app.call(getLatestVersions, { name, ...(stages ? { stages } : {}) })).model_versions ?? []).map(
        ({ version, current_stage, aliases }) => [version, current_stage, aliases],
      );
    expect(await found()).toEqual([
      ['2', 'Production', ['live']],
      ['4', 'None', undefined],
    ]);
    expect(await found(['production'])).toEqual([['2', 'Production', ['live']]]);
    expect(await found(['Staging', 'Archived'])).toEqual([]);
    await expect(found(['Retired'])).rejects.toMatchObject(INVALID);
    await expect(app.call(getLatestVersions, { name: 'nobody' })).rejects.toMatchObject(ABSENT);
  });

  test('answers GET like POST, and a stage given once as a list of one', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { name: 'ü x', versions: [{}] });
    const url = '/api/2.0/mlflow/registered-models/get-latest-versions';
    const posted = await app.inject({ method: 'POST', url, payload: { name, stages: ['None'] } });
    const query = `name=${encodeURIComponent(name)}&stages=None`;
    for (const prefix of ['', '/ajax-api']) {
      const target = prefix === '' ? url : url.replace('/api', prefix);
      expect((await app.inject({ method: 'GET', url: `${target}?${query}` })).body).toBe(posted.body);
    }
  });
});
