import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';

const ROOT = join(import.meta.dirname, '..');

export interface TargetKind {
  readonly name: string;
  readonly command: string;
}

const node = process.execPath;
const BITACORA: TargetKind = {
  name: 'bitacora',
  command: `${node} ${ROOT}/packages/cli/src/bin.ts server --port {port} --log-level error --backend-store-uri sqlite:///{dir}/mlflow.db --artifacts-destination {dir}/art`,
};
const FLOOR: TargetKind = {
  name: 'floor',
  command: `${node} ${ROOT}/bench/floor/http-floor.ts {port} {dir}`,
};

/** A peer from PyPI in an environment of its own, made when it is first asked for. */
function fromPyPI(requirement: string, program: string, given: string | undefined): string {
  if (given) return given;
  const folder = join(ROOT, '.cache/bench', requirement);
  const path = join(folder, 'bin', program);
  if (!existsSync(path)) {
    process.stderr.write(`installing ${requirement}\n`);
    execFileSync('python3', ['-m', 'venv', folder]);
    execFileSync(join(folder, 'bin/pip'), ['install', '--quiet', requirement], { stdio: 'inherit' });
  }
  return path;
}

export function targetNamed(name: string): TargetKind {
  switch (name) {
    case 'bitacora':
      return BITACORA;
    case 'floor':
      return FLOOR;
    case 'mlflow': {
      const mlflow = fromPyPI('mlflow==3.17.2', 'mlflow', process.env.BENCH_MLFLOW_BIN);
      return {
        name,
        command: `${mlflow} server --backend-store-uri sqlite:///{dir}/mlflow.db --artifacts-destination {dir}/art --host 127.0.0.1 --port {port}`,
      };
    }
    case 'fasttrackml': {
      const fml = fromPyPI('fasttrackml==0.6.0', 'fml', process.env.BENCH_FASTTRACKML_BIN);
      return {
        name,
        command: `${fml} server -a 127.0.0.1:{port} --database-uri sqlite://{dir}/f.db --default-artifact-root {dir}/art -l error`,
      };
    }
    default:
      throw new Error(`there is no target '${name}'; choose among bitacora, floor, fasttrackml, mlflow`);
  }
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

/** A server under test in a folder of its own. */
export class Target {
  readonly kind: TargetKind;
  readonly folder = mkdtempSync(join(tmpdir(), 'bench-'));
  #child!: ChildProcess;
  #pool!: Pool;
  startMs = 0;

  constructor(kind: TargetKind) {
    this.kind = kind;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async start(): Promise<void> {
    const port = await freePort();
    const line = this.kind.command.replaceAll('{port}', String(port)).replaceAll('{dir}', this.folder);
    const begun = performance.now();
    const env = { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true' };
    this.#child = spawn('bash', ['-c', `exec ${line}`], {
      cwd: this.folder,
      stdio: 'ignore',
      env,
      detached: true,
    });
    this.#pool = new Pool(`http://127.0.0.1:${port}`, {
      connections: 64,
      bodyTimeout: 300_000,
      headersTimeout: 300_000,
    });
    for (;;) {
      try {
        await this.request('GET', '/health');
        break;
      } catch (error) {
        if (performance.now() - begun > 120_000 || this.#child.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    this.startMs = performance.now() - begun;
  }

  /** The text of an answer; anything but a success throws. */
  async request(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: string | Uint8Array | AsyncIterable<Uint8Array>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream';
    const { statusCode, body: answer } = await this.#pool.request({
      method,
      path,
      ...(body === undefined ? {} : { body: body as string, headers: { 'content-type': type, ...headers } }),
    });
    const text = await answer.text();
    if (statusCode >= 400) throw new Error(`${method} ${path} answered ${statusCode}: ${text.slice(0, 200)}`);
    return text;
  }

  /** Bytes of an answer that is read and thrown away. */
  async drain(path: string): Promise<number> {
    const { body } = await this.#pool.request({ method: 'GET', path });
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.length;
    return bytes;
  }

  /** Reads and throws away an answer that would be large to hold. */
  async drainPost(call: string, body: object): Promise<void> {
    const { body: answer } = await this.#pool.request({
      method: 'POST',
      path: `/api/2.0/mlflow/${call}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    for await (const _ of answer);
  }

  async post<T>(call: string, body: object): Promise<T> {
    return JSON.parse(await this.request('POST', `/api/2.0/mlflow/${call}`, JSON.stringify(body))) as T;
  }

  async stop(): Promise<void> {
    await this.#pool.destroy();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    process.kill(-this.pid, 'SIGTERM');
    const timer = setTimeout(() => process.kill(-this.pid, 'SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
