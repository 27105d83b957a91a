import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { errors, Pool } from 'undici';
import { freePort } from '../scripts/free-port.ts';

const ROOT = join(import.meta.dirname, '..');

export type Engine = 'sqlite' | 'postgresql';

export interface TargetKind {
  readonly name: string;
  readonly engine: Engine;
  /** `{port}`, `{dir}` and `{database}` stand for what each start is given. */
  readonly command: string;
  /** The file that it keeps in its folder, where it has no database on a server. */
  readonly file: string;
  /** Beside the environment that all have. */
  readonly environment?: Readonly<Record<string, string>>;
}

const node = process.execPath;

/** A peer from PyPI in an environment of its own, made when it is first asked for. */
function fromPyPI(requirements: readonly string[], program: string, given: string | undefined): string {
  if (given) return given;
  const folder = join(ROOT, '.cache/bench', requirements.join('+'));
  const path = join(folder, 'bin', program);
  if (!existsSync(path)) {
    process.stderr.write(`installing ${requirements.join(', ')}\n`);
    execFileSync('python3', ['-m', 'venv', folder]);
    execFileSync(join(folder, 'bin/pip'), ['install', '--quiet', ...requirements], { stdio: 'inherit' });
  }
  return path;
}

const bitacora = (artifactsDestination: string) => ({
  file: 'sqlite:///{dir}/mlflow.db',
  command: `${node} ${ROOT}/packages/cli/src/bin.mjs server --port {port} --log-level error --backend-store-uri {database} --artifacts-destination ${artifactsDestination}`,
});

/** Our server with its artifacts in some store. */
export const bitacoraOn = (uri: string, environment: Readonly<Record<string, string>>): TargetKind => ({
  name: 'bitacora',
  engine: 'sqlite',
  ...bitacora(uri),
  environment,
});

/** A bare pipe into some store. */
export const pipeTo = (uri: string, environment: Readonly<Record<string, string>>): TargetKind => ({
  name: 'pipe',
  engine: 'sqlite',
  file: '',
  command: `${node} ${ROOT}/bench/stores/pipe.ts {port} ${uri}`,
  environment,
});

/** How the database is spelled in each product's own options. */
const PRODUCTS: Readonly<Record<string, () => Omit<TargetKind, 'name' | 'engine'>>> = {
  bitacora: () => bitacora('{dir}/art'),
  floor: () => ({ file: '', command: `${node} ${ROOT}/bench/floor/http-floor.ts {port} {dir}` }),
  fasttrackml: () => ({
    file: 'sqlite://{dir}/f.db',
    command: `${fromPyPI(['fasttrackml==0.6.0'], 'fml', process.env.BENCH_FASTTRACKML_BIN)} server -a 127.0.0.1:{port} --database-uri {database} --default-artifact-root {dir}/art -l error`,
  }),
  mlflow: () => ({
    file: 'sqlite:///{dir}/mlflow.db',
    command: `${fromPyPI(['mlflow==3.17.2', 'psycopg2-binary'], 'mlflow', process.env.BENCH_MLFLOW_BIN)} server --backend-store-uri {database} --artifacts-destination {dir}/art --host 127.0.0.1 --port {port}`,
  }),
};

/** `mlflow`, or `mlflow@postgresql`. */
export function targetNamed(name: string): TargetKind {
  const [product = '', engine = 'sqlite'] = name.split('@');
  const make = PRODUCTS[product];
  if (
    !make ||
    (engine !== 'sqlite' && engine !== 'postgresql') ||
    (product === 'floor' && engine !== 'sqlite')
  )
    throw new Error(
      `there is no target '${name}'; choose among ${Object.keys(PRODUCTS).join(', ')}, and all but floor with '@postgresql'`,
    );
  return { name, engine, ...make() };
}

/** A stream is spent by the first attempt. */
const isWhole = (body: unknown) =>
  body === undefined || typeof body === 'string' || body instanceof Uint8Array;

type Rows = readonly Readonly<Record<string, unknown>>[];

/** A database of a server that several targets share, each with one of its own. */
export interface ServerDatabase {
  readonly uri: string;
  execute(statement: string): Promise<Rows>;
}

/** A server under test in a folder of its own. */
export class Target {
  readonly kind: TargetKind;
  readonly folder = mkdtempSync(join(tmpdir(), 'bench-'));
  #child!: ChildProcess;
  #pool!: Pool;
  #url = '';
  startMs = 0;

  readonly #database: ServerDatabase | undefined;

  /** @param database for kinds that are not kept in a file. */
  constructor(kind: TargetKind, database?: ServerDatabase) {
    this.kind = kind;
    this.#database = database;
  }

  get engine(): Engine {
    return this.kind.engine;
  }

  get hasMlflowTables(): boolean {
    return !this.kind.name.startsWith('fasttrackml');
  }

  get databaseUri(): string {
    return this.#database?.uri ?? this.kind.file.replace('{dir}', this.folder);
  }

  /** Runs a statement on its database past the server, in MLflow's tables. */
  async execute(statement: string): Promise<Rows> {
    if (this.#database) return this.#database.execute(statement);
    const db = new DatabaseSync(join(this.folder, 'mlflow.db'), { timeout: 20_000 });
    try {
      // Rows beyond what the page cache holds would be written over and over.
      db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA temp_store = MEMORY');
      return db.prepare(statement).all();
    } finally {
      db.close();
    }
  }

  get url(): string {
    return this.#url;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async start(): Promise<void> {
    const port = await freePort();
    const line = this.kind.command
      .replaceAll('{port}', String(port))
      .replaceAll('{dir}', this.folder)
      .replaceAll('{database}', this.databaseUri);
    const begun = performance.now();
    const env = {
      ...process.env,
      MLFLOW_DISABLE_TELEMETRY: 'true',
      DO_NOT_TRACK: 'true',
      ...this.kind.environment,
    };
    this.#child = spawn('bash', ['-c', `exec ${line}`], {
      cwd: this.folder,
      stdio: 'ignore',
      env,
      detached: true,
    });
    this.#url = `http://127.0.0.1:${port}`;
    this.#pool = new Pool(this.#url, {
      connections: 64,
      bodyTimeout: 300_000,
      headersTimeout: 300_000,
      // Less than any server keeps an idle connection: uvicorn ends its own after five seconds, in the midst of a request.
      keepAliveTimeout: 1000,
      keepAliveMaxTimeout: 1000,
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
    const ask = () =>
      this.#pool.request({
        method,
        path,
        ...(body === undefined
          ? {}
          : { body: body as string, headers: { 'content-type': type, ...headers } }),
      });
    const { statusCode, body: answer } = await ask().catch((error: unknown) => {
      // uvicorn replaces workers that are too busy to say that they live. Its clients ask again, and so is it measured.
      if (!(error instanceof errors.SocketError) || !isWhole(body)) throw error;
      return ask();
    });
    const text = await answer.text();
    if (statusCode >= 400) throw new Error(`${method} ${path} answered ${statusCode}: ${text.slice(0, 200)}`);
    return text;
  }

  /** Bytes of an answer that is read and thrown away. */
  async drain(path: string): Promise<number> {
    const { statusCode, body } = await this.#pool.request({ method: 'GET', path });
    if (statusCode >= 400) throw new Error(`GET ${path} answered ${statusCode}: ${await body.text()}`);
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
