import {
  createModelVersion,
  deleteModelVersion,
  deleteModelVersionTag,
  getModelVersion,
  getModelVersionDownloadUri,
  getRegisteredModel,
  searchModelVersions,
  setModelVersionTag,
  setRegisteredModelAlias,
  transitionModelVersionStage,
  updateModelVersion,
} from '@bitacora/protocol';
import { buildRegisteredModel, buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const INVALID = { errorCode: 'INVALID_PARAMETER_VALUE', status: 400 };
const ABSENT = { errorCode: 'RESOURCE_DOES_NOT_EXIST', status: 404 };

const stagesOf = async (app: TestApp, name: string) =>
  (
    (await app.call(searchModelVersions, { filter: `name = '${name}'`, order_by: ['version_number'] }))
      .model_versions ?? []
  ).map(({ current_stage }) => current_stage);

describe('createModelVersion', () => {
  test('answers what was given, with empty text for what was not, as MLflow’s messages have it', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    const { model_version } = await app.call(createModelVersion, { name, source: 's3://bucket/a b/ü' });
    expect(model_version).toEqual({
      name,
      version: '1',
      creation_timestamp: model_version.creation_timestamp,
      last_updated_timestamp: model_version.creation_timestamp,
      description: '',
      current_stage: 'None',
      source: 's3://bucket/a b/ü',
      run_id: '',
      run_link: '',
      status: 'READY',
    });
    const run_id = await buildRun(app);
    const full = await app.call(createModelVersion, {
      name,
      source: 's3://bucket/b',
      run_id,
      run_link: 'http://host/run',
      description: 'second',
      tags: [
        { key: 'a', value: '1' },
        { key: 'a', value: '2' },
      ],
    });
    expect(full.model_version).toMatchObject({
      version: '2',
      run_id,
      run_link: 'http://host/run',
      description: 'second',
      tags: [{ key: 'a', value: '2' }],
    });
    expect(await app.call(getModelVersion, { name, version: '2' })).toEqual(full);
    await expect(app.call(createModelVersion, { name: 'nobody', source: 's3://b/x' })).rejects.toMatchObject(
      ABSENT,
    );
  });

  test('moves the time of the registered model', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    const { model_version } = await app.call(createModelVersion, { name, source: 's3://b/x' });
    const { registered_model } = await app.call(getRegisteredModel, { name });
    expect(registered_model.last_updated_timestamp).toBe(model_version.creation_timestamp);
  });

  test('gives racing callers a number each, without gaps', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    const made = await Promise.all(
      Array.from({ length: 12 }, () => app.call(createModelVersion, { name, source: 's3://b/x' })),
    );
    expect(made.map(({ model_version }) => Number(model_version.version)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  test('refuses tags and texts that have no place, and keeps nothing of the version', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    for (const given of [
      { tags: [{ key: '$', value: '' }] },
      { tags: [{ key: 'k', value: 'v'.repeat(100_001) }] },
      { description: 'd'.repeat(100_001) },
      { source: `s3://b/${'x'.repeat(2048)}` },
      { run_link: 'x'.repeat(2049) },
    ])
      await expect(
        app.call(createModelVersion, { name, source: 's3://b/x', ...given }),
      ).rejects.toMatchObject(INVALID);
    expect(await app.call(searchModelVersions, {})).toEqual({});
  });
});

describe('a version’s number', () => {
  test('is text on the wire, read as Python reads it', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}] });
    for (const version of ['1', '01', '+1', ' 1 '])
      expect((await app.call(getModelVersion, { name, version })).model_version.version).toBe('1');
    for (const version of ['0', '-1', '2', '2147483648', '9'.repeat(40)])
      await expect(app.call(getModelVersion, { name, version })).rejects.toMatchObject(ABSENT);
    for (const version of ['', 'x', '1.0', '1e3', '0x1', '٣'])
      await expect(app.call(getModelVersion, { name, version })).rejects.toMatchObject(INVALID);
    const answer = await app.inject({
      method: 'PATCH',
      url: '/api/2.0/mlflow/model-versions/update',
      payload: { name, version: 1 },
    });
    expect([answer.statusCode, answer.json().error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
  });

  test('is never given again after its version was deleted, not even the highest', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}, {}, {}] });
    await app.call(deleteModelVersion, { name, version: '3' });
    await app.call(deleteModelVersion, { name, version: '2' });
    const { model_version } = await app.call(createModelVersion, { name, source: 's3://b/x' });
    expect(model_version.version).toBe('4');
  });
});

describe('deleteModelVersion', () => {
  test('leaves a row without what it said, which nothing shows or counts any more', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, {
      versions: [{ description: 'secret', source: 's3://secret/x', run_link: 'http://secret' }, {}],
    });
    const key = { name, version: '1' };
    await app.call(setModelVersionTag, { ...key, key: 'k', value: 'v' });
    await app.call(setRegisteredModelAlias, { ...key, alias: 'gone' });
    expect(await app.call(deleteModelVersion, key)).toEqual({});
    for (const call of [
      () => app.call(getModelVersion, key),
      () => app.call(deleteModelVersion, key),
      () => app.call(updateModelVersion, key),
      () => app.call(getModelVersionDownloadUri, key),
      () => app.call(setModelVersionTag, { ...key, key: 'k', value: 'w' }),
      () => app.call(deleteModelVersionTag, { ...key, key: 'k' }),
      () => app.call(transitionModelVersionStage, { ...key, stage: 'Staging' }),
      () => app.call(setRegisteredModelAlias, { ...key, alias: 'back' }),
    ])
      await expect(call()).rejects.toMatchObject(ABSENT);
    const { registered_model } = await app.call(getRegisteredModel, { name });
    expect(registered_model).not.toHaveProperty('aliases');
    expect(registered_model.latest_versions?.map(({ version }) => version)).toEqual(['2']);
    for (const filter of ["tags.k = 'v'", 'version_number = 1', "source_path LIKE '%REDACTED%'"])
      expect(await app.call(searchModelVersions, { filter })).toEqual({});
  });

  test('of the last version leaves a model without any', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}] });
    await app.call(deleteModelVersion, { name, version: '1' });
    expect((await app.call(getRegisteredModel, { name })).registered_model).not.toHaveProperty(
      'latest_versions',
    );
  });
});

describe('updateModelVersion', () => {
  test('replaces the description, and removes it when none is given', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{ description: 'old' }] });
    const update = async (given: { description?: string }) =>
      (await app.call(updateModelVersion, { name, version: '1', ...given })).model_version.description;
    expect(await update({ description: 'new' })).toBe('new');
    expect(await update({ description: '' })).toBe('');
    expect(await update({})).toBeUndefined();
  });
});

describe('tags of a version', () => {
  test('are set, replaced and removed; removing what is not there is fine', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}, {}] });
    const key = { name, version: '1' };
    const tags = async (version = '1') =>
      (await app.call(getModelVersion, { name, version })).model_version.tags;
    for (const value of ['v', 'w']) await app.call(setModelVersionTag, { ...key, key: 'k', value });
    expect([await tags(), await tags('2')]).toEqual([[{ key: 'k', value: 'w' }], undefined]);
    for (let turn = 0; turn < 2; turn++) await app.call(deleteModelVersionTag, { ...key, key: 'k' });
    expect(await tags()).toBeUndefined();
    await expect(app.call(deleteModelVersionTag, { ...key, key: '$' })).rejects.toMatchObject(INVALID);
    await expect(
      app.call(setModelVersionTag, { ...key, key: 'k', value: 'v'.repeat(100_001) }),
    ).rejects.toMatchObject(INVALID);
  });
});

describe('transitionModelVersionStage', () => {
  test('takes stages in any case and keeps them as MLflow writes them', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}] });
    for (const [stage, stored] of [
      ['STAGING', 'Staging'],
      ['production', 'Production'],
      ['Archived', 'Archived'],
      ['none', 'None'],
    ] as const) {
      const { model_version } = await app.call(transitionModelVersionStage, { name, version: '1', stage });
      expect(model_version.current_stage).toBe(stored);
    }
    for (const stage of ['', 'Retired', 'Deleted_Internal'])
      await expect(
        app.call(transitionModelVersionStage, { name, version: '1', stage }),
      ).rejects.toMatchObject(INVALID);
  });

  test('archives what is in the stage only when asked to, and nothing of other stages or models', async () => {
    await using app = await testApp();
    const [name, other] = [
      await buildRegisteredModel(app, { versions: [{}, {}, {}, {}] }),
      await buildRegisteredModel(app, { versions: [{}] }),
    ];
    const move = (of: string, version: string, stage: string, archive_existing_versions = false) =>
      app.call(transitionModelVersionStage, { name: of, version, stage, archive_existing_versions });
    await move(other, '1', 'Production');
    await move(name, '1', 'Production');
    await move(name, '2', 'Production');
    await move(name, '3', 'Staging');
    expect(await stagesOf(app, name)).toEqual(['Production', 'Production', 'Staging', 'None']);
    await move(name, '2', 'Production', true);
    expect(await stagesOf(app, name)).toEqual(['Archived', 'Production', 'Staging', 'None']);
    await move(name, '4', 'Production', true);
    expect(await stagesOf(app, name)).toEqual(['Archived', 'Archived', 'Staging', 'Production']);
    expect(await stagesOf(app, other)).toEqual(['Production']);
  });

  test('answers 400, not the 500 that clients retry, when there is nothing to archive for', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}] });
    for (const stage of ['Archived', 'None'])
      await expect(
        app.call(transitionModelVersionStage, { name, version: '1', stage, archive_existing_versions: true }),
      ).rejects.toMatchObject(INVALID);
  });

  test('moves the times of the version and its model', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}] });
    const { model_version } = await app.call(transitionModelVersionStage, {
      name,
      version: '1',
      stage: 'Staging',
    });
    const { registered_model } = await app.call(getRegisteredModel, { name });
    expect(registered_model.last_updated_timestamp).toBe(model_version.last_updated_timestamp);
  });
});
