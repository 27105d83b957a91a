import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const BIN = join(import.meta.dirname, 'bin.mjs');

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync(process.execPath, [BIN, ...args], {
    encoding: 'utf8',
    timeout: 110_000,
    env: { ...process.env, ...env },
    cwd: tmpdir(),
  });

describe('bitacora server', () => {
  test('explains every option, in MLflow’s names', () => {
    const { stdout, status } = run(['server', '--help']);
    expect(status).toBe(0);
    for (const name of [
      '--host',
      '--port',
      '--backend-store-uri',
      '--default-artifact-root',
      '--artifacts-destination',
      '--no-serve-artifacts',
      '--artifacts-only',
      '--static-prefix',
      '--allowed-hosts',
      '--cors-allowed-origins',
      '--workers',
      '--enable-workspaces',
      'MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX',
      'MLFLOW_BACKEND_STORE_URI',
      'MLFLOW_WEBHOOK_ALLOWED_SCHEMES',
      'MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS',
      'MLFLOW_WEBHOOK_REQUEST_TIMEOUT',
      'MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES',
      'MLFLOW_WEBHOOK_DELIVERY_MAX_WORKERS',
      'MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY',
    ]) {
      expect(stdout).toContain(name);
    }
  });

  test.each([
    [['--port', '99999'], '99999'],
    [['--port', 'x'], 'not a port'],
    [['--workers', '0'], 'threads'],
    [['--presigned-download-url-ttl', '604801'], 'seconds'],
    [['--static-prefix', 'mlflow'], 'begin with a slash'],
    [['--backend-store-uri', 'mssql://user:secret@host/db'], 'not supported yet'],
    [['--backend-store-uri', join(BIN, 'mlruns')], 'is not a folder'],
    [['--read-replica-backend-store-uri', './mlruns'], 'only databases on servers have replicas'],
    [['--read-replica-backend-store-uri', 'postgresql://h/d'], 'both must be PostgreSQL, or both MySQL'],
    [['--enable-workspaces', '--backend-store-uri', './mlruns'], 'needs a database'],
    [['--backend-store-uri', 'sqlite://'], 'three slashes'],
    [['--backend-store-uri', 'oracle://x'], 'no form that is known'],
    [['--artifacts-destination', 'hdfs://ana:secret@host/x'], 'is no store'],
    [['--artifacts-destination', 's3:///x'], 'names no bucket'],
    [['--no-serve-artifacts'], '--default-artifact-root'],
    [['--app-name', 'basic-auth'], 'not available yet'],
    [['--registry-store-uri', 'sqlite:///other.db'], 'same'],
    [['--webhook-allowed-schemes', 'ftp'], 'https, http or both'],
    [['--webhook-allowed-schemes', ','], 'https, http or both'],
    [['--webhook-allow-private-ips', 'maybe'], 'neither true nor false'],
    [['--webhook-request-timeout', '0'], 'from 1 to 600'],
    [['--webhook-request-max-retries', '-1'], 'not a whole number'],
    [['--webhook-secret-encryption-key', 'my-secret'], 'Fernet.generate_key'],
    [['--model-version-source-pattern', '(?P<x>a)'], 'not a regular expression'],
    [['--workspace-store-uri', 'sqlite:///other.db'], 'same'],
    [['--bogus'], 'unknown option'],
  ])('refuses %j with a clear line', (args, words) => {
    const { stderr, status } = run(['server', ...args]);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at ');
    expect(stderr).not.toContain('secret');
    expect(status).not.toBe(0);
  });

  test('reads the environment variables of MLflow', () => {
    expect(run(['server'], { MLFLOW_PORT: 'nonsense' }).stderr).toContain('MLFLOW_PORT');
    expect(run(['server'], { MLFLOW_BACKEND_STORE_URI: 'oracle://x' }).stderr).toContain('oracle');
    expect(run(['server'], { MLFLOW_ENABLE_WORKSPACES: 'maybe' }).stderr).toContain('neither true nor false');
    const only = ['server', '--artifacts-only', '--default-artifact-root', 's3://b/x'];
    expect(run(only, { MLFLOW_SERVE_ARTIFACTS: 'false' }).stderr).toContain('exclude each other');
  });

  test('says that its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await using own = await start(['--port', String(port)]);
    expect(await own.ended).toBe(1);
    expect(own.output()).toContain(`port ${port} on 127.0.0.1 is in use`);
    other.close();
  });

  test('says where things are, and on SIGTERM answers what is in flight and leaves one plain file', async () => {
    await using own = await start(['--port', '0']);
    const url = await own.url();
    expect(own.output()).toContain(join(own.folder, 'mlflow.db'));
    expect(own.output()).toContain(join(own.folder, 'mlartifacts'));
    const upload = request(`${url}/api/2.0/mlflow-artifacts/artifacts/slow.txt`, {
      method: 'PUT',
      headers: { 'content-type': 'text/plain' },
    });
    const answered = new Promise<number | undefined>((resolve, reject) =>
      upload.on('response', ({ statusCode }) => resolve(statusCode)).on('error', reject),
    );
    upload.write('first half, ');
    // The server has the request once the partial file is there.
    while (!existsSync(join(own.folder, 'mlartifacts')))
      await new Promise((resolve) => setTimeout(resolve, 5));
    own.process.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 100));
    upload.end('second half');
    expect(await answered).toBe(200);
    expect(await own.ended).toBe(0);
    expect(existsSync(join(own.folder, 'mlartifacts/slow.txt'))).toBe(true);
    expect(existsSync(join(own.folder, 'mlflow.db-wal'))).toBe(false);
  });
});

test.each([
  ['--artifacts-destination', 'sftp://ana:s3cret@127.0.0.1:9/x'],
  ['--no-serve-artifacts', '--default-artifact-root', 'sftp://ana:s3cret@127.0.0.1:9/x'],
])('says where artifacts are without the password (%s)', async (...options) => {
  await using own = await start(['--port', '0', ...options]);
  await own.url();
  expect(own.output()).toContain('sftp://ana:***@127.0.0.1:9/x');
  expect(own.output()).not.toContain('s3cret');
});

async function start(args: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'bitacora-cli-'));
  const process_: ChildProcess = spawn(process.execPath, [BIN, 'server', ...args], { cwd: folder });
  let text = '';
  const keep = (chunk: Buffer) => {
    text += chunk;
  };
  process_.stdout?.on('data', keep);
  process_.stderr?.on('data', keep);
  const ended = new Promise<number | null>((resolve) => process_.once('close', resolve));
  return {
    folder,
    process: process_,
    ended,
    output: () => text,
    async url() {
      for (;;) {
        const url = /ready at (http:\S+)/.exec(text)?.[1];
        if (url) return url;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async [Symbol.asyncDispose]() {
      process_.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
