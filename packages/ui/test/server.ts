import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  /** That it runs in; its files are below `mlartifacts`. */
  readonly folder: string;
}

/** The real server as a process of its own, on a fresh folder; `prefix` is a path such as `/mlflow`. */
export async function startServer(prefix = '', options: readonly string[] = []): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'bitacora-browser-'));
  const port = await freePort();
  const args = [
    'server',
    '--port',
    String(port),
    '--log-level',
    'warn',
    ...(prefix ? ['--static-prefix', prefix] : []),
    ...options,
  ];
  const server = spawn(process.execPath, [join(ROOT, 'packages/cli/src/bin.mjs'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}${prefix}`;
  const isUp = () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isUp())) {
    if (server.exitCode !== null) throw new Error(`the server ended with code ${server.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url,
    folder,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a Python script with the official client pointed at the server; resolves with what it printed when it ends. */
export function runPython(
  url: string,
  script: string,
  interpreter = process.env.MLFLOW_PYTHON,
): Promise<string> {
  if (!interpreter) throw new Error('MLFLOW_PYTHON must name a Python that has mlflow');
  const python = spawn(interpreter, ['-'], {
    env: {
      ...process.env,
      MLFLOW_TRACKING_URI: url,
      MLFLOW_DISABLE_TELEMETRY: 'true',
      GIT_PYTHON_REFRESH: 'quiet',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  python.stdin.end(script);
  let output = '';
  python.stdout.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    python.on('exit', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`python ended with code ${code}`)),
    );
  });
}
