import {
  deleteModelVersion,
  deleteRegisteredModelAlias,
  getModelVersion,
  getModelVersionByAlias,
  getRegisteredModel,
  setRegisteredModelAlias,
  transitionModelVersionStage,
} from '@bitacora/protocol';
import { buildRegisteredModel, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const INVALID = { errorCode: 'INVALID_PARAMETER_VALUE', status: 400 };
const ABSENT = { errorCode: 'RESOURCE_DOES_NOT_EXIST', status: 404 };

describe('an alias', () => {
  test('points at one version at a time and moves when it is set again', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}, {}] });
    const set = (alias: string, version: string) =>
      app.call(setRegisteredModelAlias, { name, alias, version });
    await set('live', '1');
    await set('best', '1');
    const { model_version } = await app.call(getModelVersionByAlias, { name, alias: 'live' });
    expect([model_version.version, model_version.aliases]).toEqual(['1', ['best', 'live']]);
    await set('live', '2');
    expect((await app.call(getModelVersion, { name, version: '1' })).model_version.aliases).toEqual(['best']);
    expect((await app.call(getRegisteredModel, { name })).registered_model.aliases).toEqual([
      { alias: 'best', version: '1' },
      { alias: 'live', version: '2' },
    ]);
  });

  test('may be any word of letters, digits, dashes and underscores, but for the reserved ones', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}] });
    for (const alias of ['a', '1', 'v', 'V', 'v1x', 'b-e_s-t', 'ü模型', 'a'.repeat(255)]) {
      await app.call(setRegisteredModelAlias, { name, alias, version: '1' });
      expect((await app.call(getModelVersionByAlias, { name, alias })).model_version.version).toBe('1');
    }
    for (const alias of ['', 'a b', 'a.b', 'a/b', '🚀', 'a'.repeat(256), 'latest', 'LATEST', 'v1', 'V22'])
      await expect(
        app.call(setRegisteredModelAlias, { name, alias, version: '1' }),
        alias,
      ).rejects.toMatchObject(INVALID);
  });

  test('is unknown with 400, since Python’s clients tell a missing alias from a missing model by it', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}] });
    await expect(app.call(getModelVersionByAlias, { name, alias: 'x' })).rejects.toMatchObject(INVALID);
    await expect(app.call(getModelVersionByAlias, { name: 'nobody', alias: 'x' })).rejects.toMatchObject(
      ABSENT,
    );
    await expect(app.call(setRegisteredModelAlias, { name, alias: 'x', version: '9' })).rejects.toMatchObject(
      ABSENT,
    );
    await expect(app.call(deleteRegisteredModelAlias, { name: 'nobody', alias: 'x' })).rejects.toMatchObject(
      ABSENT,
    );
    expect(await app.call(deleteRegisteredModelAlias, { name, alias: 'x' })).toEqual({});
  });

  test('goes with its version, and others stay', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}, {}] });
    for (const version of ['1', '2'])
      await app.call(setRegisteredModelAlias, { name, alias: `a${version}`, version });
    await app.call(deleteModelVersion, { name, version: '2' });
    expect((await app.call(getRegisteredModel, { name })).registered_model.aliases).toEqual([
      { alias: 'a1', version: '1' },
    ]);
    await app.call(deleteRegisteredModelAlias, { name, alias: 'a1' });
    await app.call(deleteRegisteredModelAlias, { name, alias: 'a1' });
    expect((await app.call(getRegisteredModel, { name })).registered_model).not.toHaveProperty('aliases');
  });
});

describe('the alias latest', () => {
  test('is the highest version there is, whatever its stage, without being stored', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}, {}, {}] });
    await app.call(transitionModelVersionStage, { name, version: '3', stage: 'Archived' });
    await app.call(transitionModelVersionStage, { name, version: '1', stage: 'Production' });
    const latest = async (alias: string) =>
      (await app.call(getModelVersionByAlias, { name, alias })).model_version.version;
    expect([await latest('latest'), await latest('Latest')]).toEqual(['3', '3']);
    await app.call(deleteModelVersion, { name, version: '3' });
    expect(await latest('latest')).toBe('2');
    const empty = await buildRegisteredModel(app);
    await expect(app.call(getModelVersionByAlias, { name: empty, alias: 'latest' })).rejects.toMatchObject(
      ABSENT,
    );
  });
});
