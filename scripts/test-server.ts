import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CLI = join(import.meta.dirname, '../packages/cli/src/bin.mjs');

export interface TestServer {
  readonly uri: string;
  /** That it runs in. */
  readonly folder: string;
  /** Undefined while it runs. */
  readonly exitCode: number | undefined;
  /** What it wrote to its error output so far. */
  readonly log: string;
  stop(): Promise<void>;
}

/**
 * The server as its users start it, on a free port, for a suite whose clients are not ours.
 *
 * @throws with what it said, where it does not start.
 */
export async function startServer(
  databaseUri?: string,
  options: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bitacora-suite-'));
  const child = spawn(
    process.execPath,
    [
      CLI,
      'server',
      ...['--port', '0', '--log-level', 'warn'],
      ...['--backend-store-uri', databaseUri ?? `sqlite:///${join(folder, 'mlflow.db')}`],
      ...['--artifacts-destination', join(folder, 'mlartifacts')],
      ...options,
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-100_000);
    });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  while (child.exitCode === null && child.signalCode === null) {
    const uri = /is ready at (http:\S+)\s/.exec(log)?.[1];
    if (uri !== undefined) {
      return {
        uri,
        folder,
        stop,
        get exitCode() {
          return child.exitCode ?? undefined;
        },
        get log() {
          return log;
        },
      };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Error(`The server for a suite ended with code ${child.exitCode}: ${log}`);
}
