import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { requireNode24 } from './node-version.ts';
import { type DatabaseServer, startMariadb, startPostgresql } from './test-databases.ts';
import {
  MLFLOW_3_17,
  MLFLOW_3_18,
  type Prepared,
  prepareChromium,
  prepareMaven,
  preparePythons,
} from './test-peers.ts';
import { startServer } from './test-server.ts';
import { readJunit, type Totals } from './test-totals.ts';
import { buildUi } from './ui-build.ts';

requireNode24();
const ROOT = join(import.meta.dirname, '..');
const REPORTS = join(ROOT, '.cache/test-reports');
const isCI = process.env.CI === 'true';
rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

interface Suite {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
const report = (name: string) => join(REPORTS, `${name}.xml`);

/** Runs a suite with its output shown, and reads what it counted. A suite that fails to report counts as one failure. */
async function run({ name, command, args, env = {} }: Suite): Promise<Totals> {
  process.stdout.write(`\n== ${name}\n`);
  const code = await new Promise<number | null>((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.on('close', resolve);
    child.on('error', () => resolve(null));
  });
  const totals = readJunit(report(name));
  // A suite may end badly without any of its tests having failed: a crash, a file that does not load.
  return code === 0 || totals.failed > 0 ? totals : { ...totals, failed: totals.failed + 1 };
}

/** Stands in for a suite whose peer cannot be had: skipped with its reason, or a failure where nothing may be skipped. */
function missing(name: string, reason: string): Totals {
  process.stdout.write(`\n== ${name}: ${isCI ? 'FAILED' : 'skipped'}: ${reason}\n`);
  return isCI ? { passed: 0, failed: 1, skipped: 0 } : { passed: 0, failed: 0, skipped: 1 };
}

const add = (left: Totals, right: Totals): Totals => ({
  passed: left.passed + right.passed,
  failed: left.failed + right.failed,
  skipped: left.skipped + right.skipped,
});

/** The official client's suite. */
const pytest = (name: string, interpreter: string, env: Suite['env'] = {}) =>
  run({
    name,
    command: interpreter,
    args: [
      '-m',
      'pytest',
      'compat/python',
      '-q',
      '-p',
      'no:cacheprovider',
      '--durations=5',
      `--junitxml=${report(name)}`,
    ],
    env: { BITACORA_NODE: process.execPath, ...env },
  });

/** The official Java client's suite; it sends files through the command line of the Python client. */
async function java(name: string, maven: string, interpreter: string, databaseUri?: string): Promise<Totals> {
  const server = await startServer(databaseUri);
  try {
    return await run({
      name,
      command: maven,
      args: ['-B', '-q', '-f', join(ROOT, 'compat/java/pom.xml'), 'test', `-Dreports=${report(name)}`],
      env: {
        MLFLOW_TRACKING_URI: server.uri,
        PATH: `${dirname(interpreter)}${delimiter}${process.env.PATH}`,
      },
    });
  } finally {
    await server.stop();
  }
}

const withPeer = async <T>(
  name: string,
  peer: Prepared<T>,
  suite: (value: T) => Promise<Totals>,
): Promise<Totals> => ('missing' in peer ? missing(name, peer.missing) : suite(peer.value));

// The environments of the clients take a minute to install: they are made while the browser is looked for and the UI built.
const [[python, newerPython], chromium, maven] = await Promise.all([
  preparePythons(ROOT, [MLFLOW_3_17, MLFLOW_3_18]),
  prepareChromium(),
  prepareMaven(),
  buildUi(),
]);
const pythonEnv: Record<string, string> = {
  ...('value' in python && { MLFLOW_PYTHON: python.value }),
  ...('value' in newerPython && { MLFLOW_PYTHON_3_18: newerPython.value }),
};

const results: Totals[] = [];
results.push(
  await run({
    name: 'unit',
    command: process.execPath,
    args: [vitest, 'run', '--reporter=default', '--reporter=junit', `--outputFile.junit=${report('unit')}`],
    env: pythonEnv,
  }),
);
results.push(await withPeer('python', python, (interpreter) => pytest('python', interpreter)));
results.push(await withPeer('python 3.18', newerPython, (interpreter) => pytest('python 3.18', interpreter)));
results.push(
  await withPeer('browser', 'missing' in python ? python : chromium, (browser) =>
    run({
      name: 'browser',
      command: process.execPath,
      args: [
        vitest,
        'run',
        '--config',
        'vitest.browser.config.ts',
        '--reporter=default',
        '--reporter=junit',
        `--outputFile.junit=${report('browser')}`,
      ],
      env: { ...pythonEnv, CHROMIUM: browser },
    }),
  ),
);

results.push(
  await withPeer('java', maven, (program) =>
    withPeer('java', python, (interpreter) => java('java', program, interpreter)),
  ),
);

/** The same tests on another engine: all of the server's own and the official client's. */
async function onDatabase(name: string, prepared: Prepared<DatabaseServer>): Promise<Totals> {
  if ('missing' in prepared) return missing(name, prepared.missing);
  const { kind, address, createDatabase, stop } = prepared.value;
  try {
    const own = await run({
      name: `server on ${name}`,
      command: process.execPath,
      args: [
        vitest,
        'run',
        'packages/server',
        'packages/db/src/schema/server-database.test.ts',
        '--reporter=dot',
        '--reporter=junit',
        `--outputFile.junit=${report(`server on ${name}`)}`,
      ],
      env: {
        ...pythonEnv,
        TEST_DATABASE_URI: `${kind}://${address}/${kind === 'postgresql' ? 'postgres' : 'mysql'}`,
      },
    });
    const driver = kind === 'postgresql' ? 'psycopg2' : 'pymysql';
    const client = await withPeer(`python on ${name}`, python, (interpreter) =>
      pytest(`python on ${name}`, interpreter, { BITACORA_TEST_DATABASE: `${kind}+${driver}://${address}` }),
    );
    const jvm = await withPeer(`java on ${name}`, maven, (program) =>
      withPeer(`java on ${name}`, python, async (interpreter) =>
        java(`java on ${name}`, program, interpreter, await createDatabase('compat_java')),
      ),
    );
    return add(add(own, client), jvm);
  } finally {
    await stop();
  }
}

results.push(await onDatabase('postgresql', await startPostgresql()));
results.push(await onDatabase('mariadb', await startMariadb()));

const total = (key: keyof Totals) => results.reduce((sum, result) => sum + result[key], 0);
const skipped = total('skipped');
process.stdout.write(
  `\n${total('passed')} passed, ${total('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
);
process.exitCode = total('failed') > 0 || (isCI && skipped > 0) ? 1 : 0;
