import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoggedModel, createModelVersion, setRegisteredModelAlias } from '@bitacora/protocol';
import { buildExperiment, buildRegisteredModel, buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const BIN = join(import.meta.dirname, 'bin.mjs');

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const { MLFLOW_TRACKING_URI: _, ...own } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [BIN, 'artifacts', ...args],
      { env: { ...own, ...env }, cwd: tmpdir(), timeout: 110_000 },
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}

/** A server that listens, and a folder with `note.txt` and `model/MLmodel`, its names in need of encoding. */
async function world(overrides: Parameters<typeof testApp>[0] = {}) {
  const app: TestApp = await testApp(overrides);
  const folder = mkdtempSync(join(tmpdir(), 'bitacora-cli-artifacts-'));
  const source = join(folder, 'source');
  mkdirSync(join(source, 'model é 100%'), { recursive: true });
  writeFileSync(join(source, 'note.txt'), 'hello');
  writeFileSync(join(source, 'empty'), '');
  writeFileSync(join(source, 'model é 100%', 'a b?.bin'), Buffer.alloc(300_000, 7));
  const server = await app.app.listen({ port: 0, host: '127.0.0.1' });
  return {
    app,
    folder,
    source,
    artifacts: (...args: readonly string[]) => run(args, { MLFLOW_TRACKING_URI: server }),
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const read = (...names: readonly string[]) => readFileSync(join(...names));

describe('bitacora artifacts', () => {
  test('takes files and folders to a run and back, through the server', async () => {
    await using own = await world();
    const run_id = await buildRun(own.app);
    const sent = await own.artifacts('log-artifacts', '-l', own.source, '-r', run_id, '-a', 'in/here');
    expect(sent).toMatchObject({ status: 0, stderr: '' });
    const one = await own.artifacts('log-artifact', '-l', join(own.source, 'note.txt'), '--run-id', run_id);
    expect(one).toMatchObject({ status: 0, stderr: '' });

    const listed = await own.artifacts('list', '-r', run_id, '-a', 'in/here');
    expect(JSON.parse(listed.stdout)).toEqual([
      { path: 'in/here/empty', is_dir: false, file_size: 0 },
      { path: 'in/here/model é 100%', is_dir: true },
      { path: 'in/here/note.txt', is_dir: false, file_size: 5 },
    ]);

    const goal = join(own.folder, 'goal');
    const all = await own.artifacts('download', '-r', run_id, '-a', 'in/here', '-d', goal);
    expect(all.stdout).toBe(`${join(goal, 'in/here')}\n`);
    expect(read(goal, 'in/here/model é 100%/a b?.bin')).toEqual(Buffer.alloc(300_000, 7));
    expect(read(goal, 'in/here/empty').length).toBe(0);

    const file = await own.artifacts('download', '-u', `runs:/${run_id}/in/here/note.txt`, '-d', goal);
    expect(file.stdout).toBe(`${join(goal, 'note.txt')}\n`);
    expect(read(goal, 'note.txt').toString()).toBe('hello');

    const root = await own.artifacts('download', '-r', run_id, '-d', join(own.folder, 'root'));
    expect(root.status).toBe(0);
    expect(read(own.folder, 'root/in/here/note.txt').toString()).toBe('hello');
  });

  test('follows runs whose location is a store itself', async () => {
    await using own = await world();
    const experiment_id = await buildExperiment(own.app, {
      name: 'direct',
      artifact_location: join(own.folder, 'lake'),
    });
    const run_id = await buildRun(own.app, { experiment_id });
    await own.artifacts('log-artifact', '-l', join(own.source, 'note.txt'), '-r', run_id, '-a', 'a');
    expect(read(own.folder, 'lake', run_id, 'artifacts/a/note.txt').toString()).toBe('hello');
    const listed = await own.artifacts('list', '-r', run_id);
    expect(JSON.parse(listed.stdout)).toEqual([{ path: 'a', is_dir: true }]);
  });

  test('finds models by version, stage, alias and id', async () => {
    await using own = await world();
    const run_id = await buildRun(own.app);
    await own.artifacts('log-artifacts', '-l', own.source, '-r', run_id, '-a', 'model');
    const name = await buildRegisteredModel(own.app, { name: 'a model' });
    const source = `runs:/${run_id}/model`;
    await own.app.call(createModelVersion, { name, source, run_id });
    await own.app.call(setRegisteredModelAlias, { name, alias: 'champion', version: '1' });
    for (const uri of [`models:/${name}/1`, `models:/${name}/latest`, `models:/${name}@champion`]) {
      const goal = mkdtempSync(join(own.folder, 'goal-'));
      const { stdout, stderr } = await own.artifacts('download', '-u', `${uri}/note.txt`, '-d', goal);
      expect([uri, stderr, stdout]).toEqual([uri, '', `${join(goal, 'note.txt')}\n`]);
    }
    const missing = await own.artifacts('download', '-u', `models:/${name}/Production`);
    expect(missing).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("in the stage 'Production'"),
    });

    const experiment_id = await buildExperiment(own.app, { name: 'with a model' });
    const { model } = await own.app.call(createLoggedModel, { experiment_id, name: 'm' });
    const empty = await own.artifacts('download', '-u', `models:/${model.info.model_id}/MLmodel`);
    expect(empty).toMatchObject({ status: 1, stderr: expect.stringContaining('MLmodel') });
  });

  test.each([
    [['list', '-r', 'none'], { MLFLOW_TRACKING_URI: '' }, 1, 'MLFLOW_TRACKING_URI'],
    [
      ['list', '-r', 'none'],
      { MLFLOW_TRACKING_URI: 'http://127.0.0.1:1' },
      1,
      'cannot be reached (bad port)',
    ],
    [['list', '-r', 'none'], { MLFLOW_TRACKING_URI: 'sqlite:///x' }, 1, "'sqlite:///x'"],
    [
      ['list', '-r', 'none'],
      { MLFLOW_TRACKING_URI: 'http://127.0.0.1:2' },
      1,
      'cannot be reached (ECONNREFUSED)',
    ],
    [['list'], {}, 1, '--run-id'],
    [['download'], {}, 2, 'either --run-id or --artifact-uri'],
    [['download', '-u', 'models:/'], {}, 1, 'no URI of a model'],
    [['download', '-u', '/no/such/file'], {}, 1, 'No such artifact'],
  ] as const)('%j says what is wrong', async (args, env, status, text) => {
    const outcome = await run(args, env);
    expect(outcome.stderr).toContain(text);
    expect(outcome.stderr).not.toContain('    at ');
    expect(outcome.status).toBe(status);
  });

  test('tells what the server answers', async () => {
    await using own = await world();
    const outcome = await own.artifacts('list', '-r', 'f'.repeat(32));
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toBe(`bitacora: No Run with id=${'f'.repeat(32)} exists.\n`);
  });
});
