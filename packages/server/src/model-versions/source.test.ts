import { join } from 'node:path';
import {
  createExperiment,
  createLoggedModel,
  createModelVersion,
  createRun,
  deleteLoggedModel,
  deleteModelVersion,
  getLoggedModel,
  getModelVersionDownloadUri,
  searchModelVersions,
  setLoggedModelTags,
  setRegisteredModelAlias,
  transitionModelVersionStage,
} from '@bitacora/protocol';
import { buildPrompt, buildRegisteredModel, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const INVALID = { errorCode: 'INVALID_PARAMETER_VALUE', status: 400 };
const ABSENT = { errorCode: 'RESOURCE_DOES_NOT_EXIST', status: 404 };

/** An experiment with a run and two logged models, in the artifact store or where it is told. */
async function makeThings(app: TestApp, artifact_location?: string) {
  const { experiment_id } = await app.call(createExperiment, {
    name: `in ${artifact_location ?? 'the store'}`,
    ...(artifact_location === undefined ? {} : { artifact_location }),
  });
  const { run } = await app.call(createRun, { experiment_id });
  const { run_id, artifact_uri } = run.info;
  const logged = async (name: string) =>
    (await app.call(createLoggedModel, { experiment_id, name, source_run_id: run_id })).model.info;
  const [first, second] = [await logged('first'), await logged('second')];
  return {
    run_id,
    run_root: artifact_uri ?? '',
    model_id: first.model_id,
    model_root: first.artifact_uri,
    other_id: second.model_id,
    other_root: second.artifact_uri,
  };
}

const attempt = (app: TestApp, name: string, given: { source: string; run_id?: string; model_id?: string }) =>
  app.call(createModelVersion, { name, ...given });

describe('a source within the artifact store', () => {
  test('must lie within the run or logged model that is named', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    const { run_id, run_root, model_id, model_root, other_root } = await makeThings(app);
    for (const given of [
      { source: run_root, run_id },
      { source: `${run_root}/net/a b%20c`, run_id },
      { source: model_root, model_id },
      { source: `${model_root}/deeper`, model_id },
    ]) {
      const { model_version } = await attempt(app, name, given);
      expect([model_version.source, model_version.run_id]).toEqual([given.source, run_id]);
      const { version } = model_version;
      expect(await app.call(getModelVersionDownloadUri, { name, version })).toEqual({
        artifact_uri: given.source,
      });
    }
    for (const given of [
      { source: run_root },
      { source: `${run_root}/net`, run_id: '0'.repeat(32) },
      { source: `${run_root}/net`, model_id },
      { source: `${run_root}x`, run_id },
      { source: model_root, run_id },
      { source: other_root, model_id },
      { source: 'mlflow-artifacts:/', run_id },
      { source: 'mlflow-artifacts:/', run_id: '' },
    ])
      await expect(attempt(app, name, given), JSON.stringify(given)).rejects.toMatchObject(INVALID);
  });

  test('must not name another host, whose files a client would load in place of ours', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    const { run_id, run_root, model_id, model_root } = await makeThings(app);
    const [ofRun, ofModel] = [run_root, model_root].map((uri) => uri.replace(/^mlflow-artifacts:/, ''));
    for (const host of [
      'mlflow-artifacts://evil.example',
      'mlflow-artifacts://evil.example:80',
      'http://evil.example/api/2.0/mlflow-artifacts/artifacts',
      'https://evil.example/api/2.0/mlflow-artifacts/artifacts',
      'HTTP://evil.example/x/api/2.0/mlflow-artifacts/artifacts',
    ]) {
      await expect(attempt(app, name, { source: host + ofRun, run_id }), host).rejects.toMatchObject(INVALID);
      await expect(attempt(app, name, { source: host + ofModel, model_id })).rejects.toMatchObject(INVALID);
    }
    // Three slashes name no host.
    await attempt(app, name, { source: `mlflow-artifacts://${ofRun}`, run_id });
  });
});

describe('a source in a folder of the server', () => {
  test('must lie within the local folder of the run or logged model that is named', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    const { run_id, run_root, model_id, model_root } = await makeThings(app, join(app.folder, 'local'));
    for (const source of [run_root, `${run_root}/`, `${run_root}/net`, `file://${run_root}/net`])
      await attempt(app, name, { source, run_id });
    await attempt(app, name, { source: `${model_root}/net`, model_id });
    for (const source of [
      '/',
      '/etc/passwd',
      'file:///etc/passwd',
      'file:/etc/passwd',
      'FILE:///etc/passwd',
      'relative',
      'dummy-source',
      join(app.folder, 'mlflow.db'),
      `${run_root}x`,
      `${run_root}/..`,
      `${run_root}/../../x`,
      `${run_root}/a/../b`,
      `${run_root}/%2e%2e/x`,
      `${run_root}/%252e%252e/x`,
      `${run_root}/..\\x`,
      `file://${run_root}/%2e%2e/x`,
      'file://host/etc',
    ])
      for (const owner of [{}, { run_id }, { model_id }])
        await expect(attempt(app, name, { source, ...owner }), source).rejects.toMatchObject(INVALID);
  });

  test('is never within a run whose files are elsewhere', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    const { run_id, run_root } = await makeThings(app);
    for (const source of [run_root.replace(/^mlflow-artifacts:/, ''), join(app.folder, 'mlartifacts')])
      await expect(attempt(app, name, { source, run_id })).rejects.toMatchObject(INVALID);
  });
});

describe('a source in a bucket', () => {
  test('is free, but for hosts, credentials’ schemes and detours', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    const { model_id, run_id } = await makeThings(app);
    for (const source of [
      's3://bucket/a//b',
      's3://bucket/a b%25/',
      's3://bucket',
      'gs://bucket/x?versionId=1',
      'dbfs:/x',
      'wasbs://c@a.blob.core.windows.net/x',
    ]) {
      expect((await attempt(app, name, { source })).model_version).toMatchObject({ source, run_id: '' });
      // The run of the logged model is the version's.
      expect((await attempt(app, name, { source, model_id })).model_version.run_id).toBe(run_id);
    }
    for (const source of [
      's3://bucket/../x',
      's3://bucket/a/..',
      's3://bucket/a/./b',
      's3://bucket/%2e%2e/x',
      's3://bucket/%25252e%25252e/x',
      's3://bucket/..%2fx',
      's3://bucket/..%5cx',
      's3://bucket/%00',
      `s3://bucket/%${'25'.repeat(40)}2e/x`,
      'http://169.254.169.254/latest',
      'https://host/x',
      'ftp://host/x',
      'sftp://user:secret@host/x',
      'hdfs://host/x',
    ])
      await expect(attempt(app, name, { source }), source).rejects.toMatchObject(INVALID);
    expect(
      await attempt(app, name, { source: 'sftp://user:secret@host/x' }).catch(({ message }) => message),
    ).not.toContain('secret');
  });
});

describe('a source that is a run', () => {
  test('must be the run that is named', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    const { run_id, model_id } = await makeThings(app);
    const source = `runs:/${run_id}/net`;
    expect((await attempt(app, name, { source, run_id })).model_version).toMatchObject({ source, run_id });
    // Clients resolve it themselves.
    expect(await app.call(getModelVersionDownloadUri, { name, version: '1' })).toEqual({
      artifact_uri: source,
    });
    for (const given of [
      { source },
      { source, run_id: '0'.repeat(32) },
      { source, model_id },
      { source: `runs://${run_id}/net`, run_id },
      { source: `runs:/${run_id}/../x`, run_id },
      { source: 'runs:', run_id },
    ])
      await expect(attempt(app, name, given), given.source).rejects.toMatchObject(INVALID);
  });
});

describe('a source that is a logged model', () => {
  test('leads to its files and its run, and the model lists the versions made of it', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { name: 'ü "quoted"' });
    const { run_id, model_id, model_root, other_id } = await makeThings(app);
    const source = `models:/${model_id}`;
    await app.call(setLoggedModelTags, {
      model_id,
      tags: [{ key: 'mlflow.modelVersions', value: '[{"name":"other","version":"7"},5]' }],
    });
    for (const version of ['1', '2']) {
      const { model_version } = await attempt(app, name, { source, model_id });
      expect(model_version).toMatchObject({ version, source, run_id });
      expect(await app.call(getModelVersionDownloadUri, { name, version })).toEqual({
        artifact_uri: model_root,
      });
    }
    const { model } = await app.call(getLoggedModel, { model_id });
    expect(model.info.tags).toEqual([
      {
        key: 'mlflow.modelVersions',
        // As Python's json.dumps spells it.
        value:
          '[{"name": "other", "version": "7"}, 5, {"name": "\\u00fc \\"quoted\\"", "version": 1}, {"name": "\\u00fc \\"quoted\\"", "version": 2}]',
      },
    ]);
    for (const given of [
      { source },
      { source, run_id },
      { source, model_id: other_id },
      { source: `models://${model_id}`, model_id },
      { source: `models:/${model_id}/`, model_id },
    ])
      await expect(attempt(app, name, given), JSON.stringify(given)).rejects.toMatchObject(INVALID);
  });

  test('keeps what the tag of versions says when it is no JSON from being trusted', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { name: 'm' });
    const { model_id } = await makeThings(app);
    for (const [index, value] of ['not JSON', '{"a": 1}', '['.repeat(5000), ''].entries()) {
      await app.call(setLoggedModelTags, { model_id, tags: [{ key: 'mlflow.modelVersions', value }] });
      await attempt(app, name, { source: `models:/${model_id}`, model_id });
      const { model } = await app.call(getLoggedModel, { model_id });
      expect(model.info.tags?.[0]?.value).toBe(`[{"name": "m", "version": ${index + 1}}]`);
    }
  });

  test('must exist and not be deleted', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app);
    const { model_id, model_root } = await makeThings(app);
    await app.call(deleteLoggedModel, { model_id });
    const unknown = `m-${'0'.repeat(32)}`;
    for (const gone of [model_id, unknown])
      for (const source of [`models:/${gone}`, 's3://bucket/x'])
        await expect(attempt(app, name, { source, model_id: gone })).rejects.toMatchObject(ABSENT);
    await expect(attempt(app, name, { source: model_root, model_id })).rejects.toMatchObject(INVALID);
    expect(await app.call(searchModelVersions, {})).toEqual({});
  });
});

describe('a source that is another version', () => {
  test('is named by number, alias, stage or latest, settled at once, and leads to the same files and run', async () => {
    await using app = await testApp();
    const { run_id, model_id, model_root } = await makeThings(app);
    const name = await buildRegisteredModel(app, {
      name: 'origin',
      versions: [
        { source: 's3://bucket/one', run_id },
        { source: `models:/${model_id}`, model_id },
        { source: 's3://bucket/three' },
      ],
    });
    await app.call(setRegisteredModelAlias, { name, alias: 'best', version: '1' });
    await app.call(transitionModelVersionStage, { name, version: '2', stage: 'Staging' });
    const target = await buildRegisteredModel(app);
    for (const [source, number, artifact_uri, run] of [
      ['models:/origin/1', 1, 's3://bucket/one', run_id],
      ['models:/origin/01', 1, 's3://bucket/one', run_id],
      ['models:/origin@best', 1, 's3://bucket/one', run_id],
      ['models:/origin/2', 2, model_root, run_id],
      ['models:/origin/staging', 2, model_root, run_id],
      ['models:/origin/latest', 3, 's3://bucket/three', ''],
      ['models:/origin/Latest', 3, 's3://bucket/three', ''],
      ['models:/origin@latest', 3, 's3://bucket/three', ''],
      ['models:/origin/None', 3, 's3://bucket/three', ''],
      ['models:///origin/1', 1, 's3://bucket/one', run_id],
    ] as const) {
      const { model_version } = await attempt(app, target, { source });
      expect(model_version, source).toMatchObject({ source: `models:/origin/${number}`, run_id: run });
      const { version } = model_version;
      expect(await app.call(getModelVersionDownloadUri, { name: target, version })).toEqual({ artifact_uri });
    }
    // A copy of a copy leads to the files too, also when what lies between is gone.
    const last = await buildRegisteredModel(app, { versions: [{ source: `models:/${target}/4` }] });
    await app.call(deleteModelVersion, { name: target, version: '4' });
    expect(await app.call(getModelVersionDownloadUri, { name: last, version: '1' })).toEqual({
      artifact_uri: model_root,
    });
  });

  test('must exist, be no prompt, and have the run that is named', async () => {
    await using app = await testApp();
    const { run_id, model_id } = await makeThings(app);
    await buildRegisteredModel(app, { name: 'origin', versions: [{ run_id }, {}] });
    await app.call(deleteModelVersion, { name: 'origin', version: '2' });
    await buildPrompt(app, { name: 'prompt' });
    await buildRegisteredModel(app, { name: 'empty' });
    const target = await buildRegisteredModel(app);
    for (const source of ['models:/origin/2', 'models:/origin/9', 'models:/nobody/1', 'models:/nobody@x'])
      await expect(attempt(app, target, { source }), source).rejects.toMatchObject(ABSENT);
    for (const given of [
      { source: 'models:/origin@nothing' },
      { source: 'models:/origin/Retired' },
      { source: 'models:/origin/Production' },
      { source: 'models:/empty/latest' },
      { source: 'models:/prompt/1' },
      { source: 'models:/prompt@latest' },
      { source: 'models:/' },
      { source: 'models:' },
      { source: 'models:/a/b/c' },
      { source: 'models:/ /1' },
      { source: 'models:/origin/ ' },
      { source: 'models://host/origin/1' },
      { source: 'models:/origin/1', run_id: '0'.repeat(32) },
      { source: 'models:/origin/1', run_id: '' },
      { source: 'models:/origin/1', model_id },
    ])
      await expect(attempt(app, target, given), JSON.stringify(given)).rejects.toMatchObject(INVALID);
    await attempt(app, target, { source: 'models:/origin/1', run_id });
  });
});

describe('the operator’s pattern', () => {
  test('must be found in every source, those of prompts too', async () => {
    await using app = await testApp({ modelVersionSourcePattern: '^(s3://ours/|dummy-source$)' });
    const name = await buildRegisteredModel(app, { versions: [{ source: 's3://ours/x' }] });
    for (const source of ['s3://theirs/x', ' s3://ours/x'])
      await expect(attempt(app, name, { source })).rejects.toMatchObject(INVALID);
    await buildPrompt(app);
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    await expect(
      app.call(createModelVersion, { name, source: 'prompt-template', tags }),
    ).rejects.toMatchObject(INVALID);
  });
});
