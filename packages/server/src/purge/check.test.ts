import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createExperiment,
  createLoggedModel,
  createModelVersion,
  createRegisteredModel,
  createRun,
  createWorkspace,
  finalizeLoggedModel,
} from '@bitacora/protocol';
import { type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import { findMissing } from './missing.ts';
import { openPurge } from './open.ts';
import { findOrphans } from './orphans.ts';

const opened = ({ store, config }: TestApp, workspace: string | { every: true } = 'default') =>
  openPurge({
    store,
    settings: {
      artifactsDestination: config.artifactsDestination,
      artifactReach: { homes: [], anyHost: [] },
      fileStore: undefined,
    },
    workspace,
  });

async function put(app: TestApp, ...paths: string[]) {
  for (const path of paths) {
    const { statusCode } = await app.inject({
      method: 'PUT',
      url: `/api/2.0/mlflow-artifacts/artifacts/${path}`,
      payload: 'content',
    });
    expect(statusCode).toBe(200);
  }
}

const [RUN, MODEL, TRACE] = ['0'.repeat(32), `m-${'0'.repeat(32)}`, `tr-${'0'.repeat(32)}`];

describe('orphans', () => {
  test('are folders with the id of a run, model or trace that is not there, and nothing else', async () => {
    await using app = await testApp();
    const { run } = await app.call(createRun, { experiment_id: '0' });
    const { model } = await app.call(createLoggedModel, { experiment_id: '0', name: 'net' });
    await put(
      app,
      `0/${run.info.run_id}/artifacts/a.txt`,
      `0/models/${model.info.model_id}/artifacts/MLmodel`,
      `0/${RUN}/artifacts/a.txt`,
      `77/models/${MODEL}/artifacts/MLmodel`,
      `0/traces/${TRACE}/artifacts/traces.json`,
      `0/notes/a.txt`,
      `mine/${RUN}/artifacts/a.txt`,
    );
    await using deps = await opened(app);
    expect((await Array.fromAsync(findOrphans(deps))).toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual(
      [
        { kind: 'run', id: RUN, path: `0/${RUN}` },
        { kind: 'trace', id: TRACE, path: `0/traces/${TRACE}` },
        { kind: 'logged model', id: MODEL, path: `77/models/${MODEL}` },
      ],
    );
  });

  test('are what a killed server has left of uploads, once it has not grown for a day', async () => {
    await using app = await testApp();
    const { run } = await app.call(createRun, { experiment_id: '0' });
    const folder = `0/${run.info.run_id}/artifacts/k=%2F`;
    await mkdir(join(app.config.artifactsDestination, folder), { recursive: true });
    const old = `${folder}/.bitacora-partial-${'0'.repeat(16)}`;
    for (const [path, hours] of [
      [old, 25],
      [`${folder}/.bitacora-partial-${'1'.repeat(16)}`, 23],
      [`${folder}/whole.txt`, 25],
    ] as const) {
      const place = join(app.config.artifactsDestination, path);
      const written = new Date(Date.now() - hours * 3_600_000);
      await writeFile(place, 'half');
      await utimes(place, written, written);
    }
    await using deps = await opened(app);
    expect(await Array.fromAsync(findOrphans(deps))).toEqual([{ kind: 'upload', path: old }]);
  });

  test('are found where an experiment keeps its files of its own choice', async () => {
    await using app = await testApp();
    await app.call(createExperiment, { name: 'own', artifact_location: 'mlflow-artifacts:/mine/x' });
    await put(app, `mine/x/${RUN}/artifacts/a.txt`);
    await using deps = await opened(app);
    expect((await Array.fromAsync(findOrphans(deps))).map(({ path }) => path)).toEqual([`mine/x/${RUN}`]);
  });

  test('of a workspace are looked for in that workspace', async () => {
    await using app = await testApp({ workspacesEnabled: true });
    await app.call(createWorkspace, { name: 'red' });
    await put(app, `5/${RUN}/artifacts/a.txt`);
    const red = { 'x-mlflow-workspace': 'red' };
    await app.inject({
      method: 'PUT',
      url: `/api/2.0/mlflow-artifacts/artifacts/6/${RUN}/artifacts/a.txt`,
      headers: red,
      payload: 'x',
    });
    for (const [workspace, paths] of [
      ['default', [`5/${RUN}`]],
      ['red', [`workspaces/red/6/${RUN}`]],
      [{ every: true }, [`5/${RUN}`, `workspaces/red/6/${RUN}`]],
    ] as const) {
      await using deps = await opened(app, workspace);
      expect((await Array.fromAsync(findOrphans(deps))).map(({ path }) => path)).toEqual(paths);
    }
  });
});

describe('what is missing', () => {
  test('are files of ready logged models and of versions, with prompts left out', async () => {
    await using app = await testApp();
    const ready = async (name: string) => {
      const { model } = await app.call(createLoggedModel, { experiment_id: '0', name });
      await app.call(finalizeLoggedModel, { model_id: model.info.model_id, status: 'LOGGED_MODEL_READY' });
      return model.info;
    };
    const [whole, empty] = [await ready('whole'), await ready('empty')];
    await app.call(createLoggedModel, { experiment_id: '0', name: 'pending' });
    await put(app, `0/models/${whole.model_id}/artifacts/MLmodel`);
    const { run } = await app.call(createRun, { experiment_id: '0' });
    await put(app, `0/${run.info.run_id}/artifacts/model/MLmodel`);
    await app.call(createRegisteredModel, { name: 'net' });
    for (const path of ['model', 'gone'])
      await app.call(createModelVersion, {
        name: 'net',
        source: `runs:/${run.info.run_id}/${path}`,
        run_id: run.info.run_id,
      });
    await app.call(createModelVersion, { name: 'net', source: 'dbfs:/far/away' });
    await app.call(createRegisteredModel, {
      name: 'ask',
      tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }],
    });
    await app.call(createModelVersion, {
      name: 'ask',
      source: 'dummy-source',
      tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }],
    });
    await using deps = await opened(app);
    expect(await Array.fromAsync(findMissing(deps))).toEqual([
      { kind: 'logged model', id: empty.model_id, uri: empty.artifact_uri },
      { kind: 'model version', id: 'net/2', uri: `runs:/${run.info.run_id}/gone` },
      {
        kind: 'model version',
        id: 'net/3',
        uri: 'dbfs:/far/away',
        unknown: expect.stringContaining('cannot open'),
      },
    ]);
  });
});
