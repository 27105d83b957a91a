import { spawn } from 'node:child_process';
import { startServer as start } from '../../../scripts/test-server.ts';

export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  /** That it runs in; its files are below `mlartifacts`. */
  readonly folder: string;
}

/** The real server as a process of its own, on a fresh folder; `prefix` is a path such as `/mlflow`. */
export async function startServer(prefix = '', options: readonly string[] = []): Promise<RunningServer> {
  const server = await start(undefined, [...(prefix ? ['--static-prefix', prefix] : []), ...options]);
  return {
    url: server.uri,
    folder: server.folder,
    async [Symbol.asyncDispose]() {
      await server.stop();
      // What it has warned of is of use where a test has failed.
      process.stderr.write(server.log);
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
    // Not as soon as it has ended: what it has printed may not have been read by then.
    python.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`python ended with code ${code}`)),
    );
  });
}
