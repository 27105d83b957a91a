import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Prepared } from './test-installs.ts';
import { startServer } from './test-server.ts';
import { Neighbourhood, type Surroundings } from './test-surroundings.ts';
import { readJunit, type Totals } from './test-totals.ts';

export const ROOT = join(import.meta.dirname, '..');
const REPORTS = join(ROOT, '.cache/test-reports');
const isCI = process.env.CI === 'true';
rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

/** Where suites live side by side. */
export const neighbourhood = new Neighbourhood();

/** One that takes longer hangs: it is ended, and the others go on. The longest takes a quarter of an hour. */
const HANG_MS = 45 * 60_000;

/** A test of Python that takes longer says where all of its threads are, in seconds. */
const TELLS_AFTER_S = 900;

/** So much is repeated at the end of what a suite said that broke off: errors stand there, after what led to them. */
const LAST_LINES = 30;

interface Command {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
const report = (name: string) => join(REPORTS, `${name}.xml`);

/** Runs a suite, shows its output when it has ended, and reads what it counted. A suite that fails to report counts as one failure. */
async function run({ env }: Surroundings, { name, command, args, env: own }: Command): Promise<Totals> {
  const begun = performance.now();
  const path = join(REPORTS, `${name}.log`);
  const output = await open(path, 'w');
  const code = await new Promise<number | string | null>((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', output.fd, output.fd],
      env: { ...env, ...own },
      timeout: HANG_MS,
      killSignal: 'SIGKILL',
    });
    child.on('close', (code, signal) => resolve(code ?? signal));
    child.on('error', (error) => resolve(error.message));
  });
  await output.close();
  const totals = readJunit(report(name));
  const took = Math.round((performance.now() - begun) / 1000);
  const said = readFileSync(path, 'utf8');
  process.stdout.write(`\n== ${name} (${took} s)\n${said}`);
  // A suite may end badly without any of its tests having failed: a crash, a file that does not load.
  if (code === 0 || totals.failed > 0) return totals;
  const last = said.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  const failure = `${name}\nended with ${code}; no test of it failed. It said last:\n${last}`;
  return { ...totals, failed: 1, failures: [failure] };
}

export const runVitest = (
  surroundings: Surroundings,
  name: string,
  args: readonly string[],
  env: Command['env'] = {},
) =>
  run(surroundings, {
    name,
    command: process.execPath,
    args: [
      ...[vitest, 'run', ...args],
      ...['--reporter=dot', '--reporter=junit', `--outputFile.junit=${report(name)}`],
    ],
    env,
  });

export const runPytest = (
  surroundings: Surroundings,
  name: string,
  interpreter: string,
  paths: readonly string[],
  env: Command['env'] = {},
): Promise<Totals> =>
  run(surroundings, {
    name,
    command: interpreter,
    args: [
      ...['-m', 'pytest', ...paths, '-q', '-p', 'no:cacheprovider'],
      ...['-o', `faulthandler_timeout=${TELLS_AFTER_S}`],
      ...['--durations=5', `--junitxml=${report(name)}`],
    ],
    env: { BITACORA_NODE: process.execPath, ...env },
  });

/** The official Java client's suite; it sends files through the command line of the Python client. */
export const runJava = (
  surroundings: Surroundings,
  name: string,
  classPath: string,
  interpreter: string,
  uri: string,
) =>
  run(surroundings, {
    name,
    command: 'java',
    args: [
      ...['-cp', classPath, 'org.junit.platform.console.ConsoleLauncher', 'execute'],
      ...['--select-package', 'bitacora', '--reports-dir', report(name)],
      ...['--disable-banner', '--details', 'summary', '--disable-ansi-colors'],
    ],
    env: { MLFLOW_TRACKING_URI: uri, PATH: `${dirname(interpreter)}${delimiter}${process.env.PATH}` },
  });

/** A suite of clients that are given a server's address. */
export async function onServer(
  { env }: Surroundings,
  databaseUri: string | undefined,
  work: (uri: string) => Promise<Totals>,
): Promise<Totals> {
  const server = await startServer(databaseUri, [], env);
  try {
    return await work(server.uri);
  } finally {
    await server.stop();
  }
}

const failed = (name: string, reason: string): Totals => ({
  passed: 0,
  failed: 1,
  skipped: 0,
  failures: [`${name}\n${reason}`],
});

/** Stands in for a suite whose peer cannot be had: skipped with its reason, or a failure where nothing may be skipped. */
function missing(name: string, reason: string): Totals {
  process.stdout.write(`\n== ${name}: ${isCI ? 'FAILED' : 'skipped'}: ${reason}\n`);
  return isCI ? failed(name, reason) : { passed: 0, failed: 0, skipped: 1, failures: [] };
}

type Peers = Readonly<Record<string, Promise<Prepared<string>>>>;

/**
 * A suite that waits for what it needs, and says why where that cannot be had. What it starts is gone when it ends; one
 * that throws has failed, and the others go on.
 */
export const suite =
  <const Needs extends Peers>(
    name: string,
    needs: Needs,
    work: (peers: { readonly [Key in keyof Needs]: string }, surroundings: Surroundings) => Promise<Totals>,
  ) =>
  async (): Promise<Totals> => {
    const peers: Record<string, string> = {};
    for (const [key, peer] of Object.entries(needs)) {
      const prepared = await peer;
      if ('missing' in prepared) return missing(name, prepared.missing);
      peers[key] = prepared.value;
    }
    const surroundings = neighbourhood.settle();
    try {
      return await work(peers as { readonly [Key in keyof Needs]: string }, surroundings);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stdout.write(`\n== ${name}: FAILED: ${reason}\n`);
      return failed(name, reason);
    } finally {
      for (const command of await surroundings.clear())
        process.stdout.write(`${name} left this running: ${command}\n`);
    }
  };
