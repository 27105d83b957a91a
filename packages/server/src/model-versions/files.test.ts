import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLoggedModel, deleteModelVersion, getRun } from '@bitacora/protocol';
import {
  buildExperiment,
  buildPrompt,
  buildRegisteredModel,
  buildRun,
  type TestApp,
  testApp,
} from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const get = (app: TestApp, query: Readonly<Record<string, string>>) =>
  app.inject({ url: `/model-versions/get-artifact?${new URLSearchParams(query)}` });

async function put(app: TestApp, root_uri: string, path: string, payload: string): Promise<void> {
  const url = `/api/2.0/mlflow-artifacts/artifacts/${root_uri.replace('mlflow-artifacts:/', '')}/${path}`;
  const headers = { 'content-type': 'application/octet-stream' };
  expect((await app.inject({ method: 'PUT', url, headers, payload })).statusCode).toBe(200);
}

describe('model-versions/get-artifact', () => {
  test('serves files of versions made from runs, logged models and other versions', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const run_root = (await app.call(getRun, { run_id })).run.info.artifact_uri ?? '';
    const { model } = await app.call(createLoggedModel, { experiment_id: '0', name: 'net' });
    const { model_id, artifact_uri } = model.info;
    await put(app, run_root, 'net/MLmodel', 'of the run');
    await put(app, artifact_uri, 'MLmodel', 'of the model');
    await buildRegisteredModel(app, {
      name: 'ü m',
      versions: [
        { source: `${run_root}/net`, run_id },
        { source: `runs:/${run_id}/net`, run_id },
        { source: `models:/${model_id}`, model_id },
        { source: 'models:/ü m/3' },
        { source: `runs:/${run_id}`, run_id },
      ],
    });
    for (const [version, path, text] of [
      ['1', 'MLmodel', 'of the run'],
      ['2', 'MLmodel', 'of the run'],
      ['3', 'MLmodel', 'of the model'],
      ['4', 'MLmodel', 'of the model'],
      ['5', 'net/MLmodel', 'of the run'],
    ] as const) {
      const answer = await get(app, { name: 'ü m', version, path });
      expect([answer.statusCode, answer.payload], version).toEqual([200, text]);
      expect(answer.headers).toMatchObject({
        'content-type': 'text/plain; charset=utf-8',
        'content-disposition': 'attachment; filename="MLmodel"',
        'content-security-policy': "default-src 'none'; sandbox",
      });
    }
  });

  test('leads nowhere else: neither upward, nor to folders of the server, nor to deleted versions', async () => {
    await using app = await testApp();
    const secret = join(app.folder, 'secret');
    mkdirSync(secret);
    writeFileSync(join(secret, 'key'), 'secret');
    const experiment_id = await buildExperiment(app, { artifact_location: secret });
    const [run_id, local] = [await buildRun(app), await buildRun(app, { experiment_id })];
    const root = async (id: string) => (await app.call(getRun, { run_id: id })).run.info.artifact_uri ?? '';
    await put(app, await root(run_id), 'a', 'fine');
    const name = await buildRegisteredModel(app, {
      versions: [
        { source: await root(run_id), run_id },
        { source: await root(local), run_id: local },
        { source: 'dbfs:/bucket/x' },
        { source: await root(run_id), run_id },
      ],
    });
    await app.call(deleteModelVersion, { name, version: '4' });
    const prompt = await buildPrompt(app);
    for (const [query, status] of [
      [{ name, version: '1', path: 'a' }, 200],
      [{ name, version: '1', path: 'b' }, 404],
      [{ name, version: '1', path: '../a' }, 400],
      [{ name, version: '1', path: '%2e%2e/a' }, 400],
      [{ name, version: '1', path: '/etc/passwd' }, 400],
      [{ name, version: '1', path: '..\\a' }, 400],
      [{ name, version: '1', path: '' }, 400],
      [{ name, version: '1' }, 400],
      [{ name, path: 'a' }, 400],
      [{ version: '1', path: 'a' }, 400],
      [{ name, version: 'x', path: 'a' }, 400],
      [{ name, version: '9', path: 'a' }, 404],
      [{ name: 'nobody', version: '1', path: 'a' }, 404],
      [{ name, version: '4', path: 'a' }, 404],
      [{ name, version: '2', path: '../../key' }, 400],
      [{ name, version: '2', path: 'a' }, 501],
      [{ name, version: '3', path: 'a' }, 501],
      [{ name: prompt, version: '1', path: 'a' }, 501],
    ] as const) {
      const answer = await get(app, query);
      expect(answer.statusCode, JSON.stringify(query)).toBe(status);
      expect(answer.payload).not.toContain('secret');
      if (status !== 200) expect(answer.json()).toHaveProperty('error_code');
    }
  });
});
