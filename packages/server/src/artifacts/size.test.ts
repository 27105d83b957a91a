import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ArtifactError, LocalArtifactRepository, parseArtifactPath, ROOT } from '@bitacora/artifacts';
import {
  createExperiment,
  createLoggedModel,
  deleteRun,
  getExperimentArtifactSize,
  getLoggedModelArtifactSize,
  getRun,
  getRunArtifactSize,
} from '@bitacora/protocol';
import { buildExperiment, buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import { measure } from './size.ts';

async function put(app: TestApp, root: string, path: string, content: string) {
  const url = `/api/2.0/mlflow-artifacts/artifacts/${root.replace('mlflow-artifacts:/', '')}/${path}`;
  const headers = { 'content-type': 'application/octet-stream' };
  expect((await app.inject({ method: 'PUT', url, headers, payload: content })).statusCode).toBe(200);
}

const size = (size_bytes: number, file_count: number, is_complete = true) => ({
  size_bytes,
  file_count,
  is_complete,
});

describe('the size of artifacts', () => {
  test('counts all files of a run or of a folder, however deep', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    expect(await app.call(getRunArtifactSize, { run_id })).toEqual(size(0, 0));
    const { run } = await app.call(getRun, { run_id });
    await put(app, run.info.artifact_uri ?? '', 'a.txt', '12345');
    await put(app, run.info.artifact_uri ?? '', 'model/data/b.txt', '123');
    expect(await app.call(getRunArtifactSize, { run_id })).toEqual(size(8, 2));
    expect(await app.call(getRunArtifactSize, { run_id, path: 'model' })).toEqual(size(3, 1));
    expect(await app.call(getRunArtifactSize, { run_id, path: 'none' })).toEqual(size(0, 0));
    await expect(app.call(getRunArtifactSize, { run_id, path: '../..' })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
    await expect(app.call(getRunArtifactSize, { run_id: 'f'.repeat(32) })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
  });

  test('of an experiment takes its runs and logged models together, deleted ones included, and nothing else', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    for (const content of ['1', '22']) {
      const run_id = await buildRun(app, { experiment_id });
      const { run } = await app.call(getRun, { run_id });
      await put(app, run.info.artifact_uri ?? '', 'a.txt', content);
      if (content === '22') await app.call(deleteRun, { run_id });
    }
    const { model } = await app.call(createLoggedModel, { experiment_id });
    await put(app, model.info.artifact_uri, 'MLmodel', '333');
    const other = await app.call(getRun, { run_id: await buildRun(app) });
    await put(app, other.run.info.artifact_uri ?? '', 'a.txt', 'x'.repeat(100));
    expect(await app.call(getLoggedModelArtifactSize, { model_id: model.info.model_id })).toEqual(size(3, 1));
    expect(await app.call(getExperimentArtifactSize, { experiment_id })).toEqual(size(6, 3));
    await expect(app.call(getExperimentArtifactSize, { experiment_id: '987654' })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
    await expect(app.call(getExperimentArtifactSize, { experiment_id: 'x' })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });

  test('of an experiment with files where the server may not look is at least the rest', async () => {
    await using app = await testApp();
    const { experiment_id } = await app.call(createExperiment, {
      name: 'elsewhere',
      artifact_location: join(app.folder, 'elsewhere'),
    });
    await buildRun(app, { experiment_id });
    expect(await app.call(getExperimentArtifactSize, { experiment_id })).toEqual(size(0, 0, false));
  });

  test('stops at its bounds and says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bitacora-size-'));
    try {
      const artifacts = new LocalArtifactRepository(folder);
      for (const name of ['a', 'b', 'c'])
        await artifacts.write(parseArtifactPath(name), Readable.from([Buffer.from('12')]));
      const places = () => [async () => ({ artifacts, path: ROOT })];
      // The place itself counts as well: an experiment may have any number of empty ones.
      expect(await measure(places(), { entries: 4, time_ms: 60_000 })).toEqual(size(6, 3));
      expect(await measure(places(), { entries: 3, time_ms: 60_000 })).toEqual(size(4, 2, false));
      expect(await measure(places(), { entries: 10, time_ms: -1 })).toEqual(size(0, 0, false));
      const failing = async () => {
        throw new ArtifactError('denied', 'no');
      };
      await expect(measure([failing])).rejects.toThrow('no');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
