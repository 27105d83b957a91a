import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { deleteRun, deleteRunArtifacts, getRun, getRunArtifactSize, listArtifacts } from '@bitacora/protocol';
import { buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

async function runWith(app: TestApp, paths: readonly string[]) {
  const run_id = await buildRun(app);
  const { run } = await app.call(getRun, { run_id });
  const root = run.info.artifact_uri?.replace('mlflow-artifacts:/', '');
  const headers = { 'content-type': 'application/octet-stream' };
  for (const path of paths) {
    const url = `/api/2.0/mlflow-artifacts/artifacts/${root}/${encodeURI(path)}`;
    expect((await app.inject({ method: 'PUT', url, headers, payload: 'x' })).statusCode).toBe(200);
  }
  const count = async () => (await app.call(getRunArtifactSize, { run_id })).file_count;
  return { run_id, folder: join(app.config.artifactsDestination, root ?? ''), count };
}

describe('deleteRunArtifacts', () => {
  test('deletes files and folders with all in them, and tells of each how it went', async () => {
    await using app = await testApp();
    const { run_id } = await runWith(app, [
      'a.txt',
      'model/MLmodel',
      'model/data/x',
      'keep/b 100%.txt',
      'keep/c',
    ]);
    const paths = ['a.txt', 'model', 'keep/b 100%.txt', 'none', 'model/data'];
    expect(await app.call(deleteRunArtifacts, { run_id, paths })).toEqual({
      artifacts: [
        { path: 'a.txt', status: 'DELETED' },
        { path: 'model', status: 'DELETED' },
        { path: 'keep/b 100%.txt', status: 'DELETED' },
        { path: 'none', status: 'ABSENT' },
        { path: 'model/data', status: 'ABSENT' },
      ],
    });
    const list = async (path: string) => (await app.call(listArtifacts, { run_id, path })).files;
    expect(await list('')).toEqual([{ path: 'keep', is_dir: true }]);
    expect(await list('keep')).toMatchObject([{ path: 'keep/c' }]);
  });

  test.each([
    ['../a.txt', '..'],
    ['model/../../x', '..'],
    ['/etc/passwd', 'absolute'],
    ['%2e%2e/x', '..'],
    ['a\\..\\b', '..'],
    ['', 'all files'],
    ['./.', 'all files'],
  ])('deletes nothing when one of the paths is %j', async (path, reason) => {
    await using app = await testApp();
    const { run_id, count } = await runWith(app, ['a.txt']);
    const answer = app.call(deleteRunArtifacts, { run_id, paths: ['a.txt', path] });
    await expect(answer).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining(reason),
    });
    expect(await count()).toBe(1);
  });

  test('refuses none, too many, what is no list of texts, a deleted run, and one that nobody has', async () => {
    await using app = await testApp();
    const { run_id, count } = await runWith(app, ['a.txt']);
    const refused = (request: { readonly run_id: string; readonly paths: readonly string[] }) =>
      expect(app.call(deleteRunArtifacts, request)).rejects;
    const invalid = { errorCode: 'INVALID_PARAMETER_VALUE' };
    await refused({ run_id, paths: [] }).toMatchObject(invalid);
    await refused({ run_id, paths: Array.from({ length: 1001 }, () => 'a.txt') }).toMatchObject(invalid);
    await refused({ run_id, paths: [{ path: 'a.txt' }] as never }).toMatchObject(invalid);
    await refused({ run_id: 'f'.repeat(32), paths: ['a.txt'] }).toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
    await app.call(deleteRun, { run_id });
    await refused({ run_id, paths: ['a.txt'] }).toMatchObject({
      message: expect.stringContaining('Restore it'),
    });
    expect(await count()).toBe(1);
  });

  test('reaches nothing through a link that leads out of the store', async () => {
    await using app = await testApp();
    const { run_id, folder } = await runWith(app, ['a.txt']);
    const outside = join(app.folder, 'outside');
    mkdirSync(join(outside, 'deep'), { recursive: true });
    symlinkSync(outside, join(folder, 'link'));
    const { artifacts } = await app.call(deleteRunArtifacts, { run_id, paths: ['link/deep'] });
    expect(artifacts).toEqual([{ path: 'link/deep', status: 'ABSENT' }]);
    mkdirSync(join(outside, 'deep', 'still there'));
  });
});
