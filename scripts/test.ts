import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { requireNode24 } from './node-version.ts';
import { type DatabaseServer, startMariadb, startPostgresql } from './test-databases.ts';
import { inLanes } from './test-lanes.ts';
import {
  DELTA_RS,
  FAKE_GCS,
  MLFLOW_2,
  MLFLOW_3_17,
  MLFLOW_3_18,
  MLFLOW_DATASETS,
  MLFLOW_SKINNY,
  MOTO,
  type Prepared,
  prepareAzurite,
  prepareChromium,
  prepareDeltaJars,
  prepareJava,
  prepareMaven,
  preparePythons,
  prepareSshd,
  REST_CLIENTS,
  SPARK,
  STORE_CLIENTS,
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

/** So much is repeated at the end of what a suite said that broke off: errors stand there, after what led to them. */
const LAST_LINES = 30;

const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
const report = (name: string) => join(REPORTS, `${name}.xml`);

/** Runs a suite, shows its output when it has ended, and reads what it counted. A suite that fails to report counts as one failure. */
async function run({ name, command, args, env = {} }: Suite): Promise<Totals> {
  const begun = performance.now();
  const path = join(REPORTS, `${name}.log`);
  const output = await open(path, 'w');
  const code = await new Promise<number | null>((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', output.fd, output.fd],
      env: { ...process.env, ...env },
    });
    child.on('close', resolve);
    child.on('error', () => resolve(null));
  });
  await output.close();
  const totals = readJunit(report(name));
  const took = Math.round((performance.now() - begun) / 1000);
  const said = readFileSync(path, 'utf8');
  process.stdout.write(`\n== ${name} (${took} s)\n${said}`);
  // A suite may end badly without any of its tests having failed: a crash, a file that does not load.
  if (code === 0 || totals.failed > 0) return totals;
  const last = said.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  const failure = `${name}\nended with code ${code}; no test of it failed. It said last:\n${last}`;
  return { ...totals, failed: 1, failures: [failure] };
}

/** Stands in for a suite whose peer cannot be had: skipped with its reason, or a failure where nothing may be skipped. */
function missing(name: string, reason: string): Totals {
  process.stdout.write(`\n== ${name}: ${isCI ? 'FAILED' : 'skipped'}: ${reason}\n`);
  return isCI
    ? { passed: 0, failed: 1, skipped: 0, failures: [`${name}\n${reason}`] }
    : { passed: 0, failed: 0, skipped: 1, failures: [] };
}

const runVitest = (name: string, args: readonly string[], env: Suite['env'] = {}) =>
  run({
    name,
    command: process.execPath,
    args: [
      ...[vitest, 'run', ...args],
      ...['--reporter=dot', '--reporter=junit', `--outputFile.junit=${report(name)}`],
    ],
    env,
  });

const runPytest = (
  name: string,
  interpreter: string,
  paths: readonly string[],
  env: Suite['env'] = {},
): Promise<Totals> =>
  run({
    name,
    command: interpreter,
    args: [
      ...['-m', 'pytest', ...paths, '-q', '-p', 'no:cacheprovider'],
      ...['--durations=5', `--junitxml=${report(name)}`],
    ],
    env: { BITACORA_NODE: process.execPath, ...env },
  });

/** A suite of clients that are given a server's address. */
async function onServer(databaseUri: string | undefined, suite: (uri: string) => Promise<Totals>) {
  const server = await startServer(databaseUri);
  try {
    return await suite(server.uri);
  } finally {
    await server.stop();
  }
}

/** The official Java client's suite; it sends files through the command line of the Python client. */
const runJava = (name: string, classPath: string, interpreter: string, uri: string) =>
  run({
    name,
    command: 'java',
    args: [
      ...['-cp', classPath, 'org.junit.platform.console.ConsoleLauncher', 'execute'],
      ...['--select-package', 'bitacora', '--reports-dir', report(name)],
      ...['--disable-banner', '--details', 'summary', '--disable-ansi-colors'],
    ],
    env: { MLFLOW_TRACKING_URI: uri, PATH: `${dirname(interpreter)}${delimiter}${process.env.PATH}` },
  });

type Peers = Readonly<Record<string, Promise<Prepared<string>>>>;

/** A suite that waits for what it needs, and says why where that cannot be had. */
const suite =
  <const Needs extends Peers>(
    name: string,
    needs: Needs,
    work: (peers: { readonly [Key in keyof Needs]: string }) => Promise<Totals>,
  ) =>
  async (): Promise<Totals> => {
    const peers: Record<string, string> = {};
    for (const [key, peer] of Object.entries(needs)) {
      const prepared = await peer;
      if ('missing' in prepared) return missing(name, prepared.missing);
      peers[key] = prepared.value;
    }
    return work(peers as { readonly [Key in keyof Needs]: string });
  };

// Installing takes minutes: suites begin as soon as they have what they need.
const [python, python318, python2, skinny, rest, deltaRs, moto, fakeGcs, storeClients, datasets, spark] =
  preparePythons(ROOT, [
    MLFLOW_3_17,
    MLFLOW_3_18,
    MLFLOW_2,
    MLFLOW_SKINNY,
    REST_CLIENTS,
    DELTA_RS,
    MOTO,
    FAKE_GCS,
    STORE_CLIENTS,
    MLFLOW_DATASETS,
    SPARK,
  ]);
const chromium = prepareChromium();
const maven = prepareMaven();
const java = prepareJava(ROOT, maven);
const deltaJars = prepareDeltaJars(ROOT, maven);
const azurite = prepareAzurite(ROOT);
const sshd = prepareSshd();
buildUi();

const PYTHON = 'compat/python';
/** What clients without all of 3.x, or without data science, are driven through. */
const test = (names: readonly string[]) => names.map((name) => `${PYTHON}/test_${name}.py`);
const TESTS_2 = test(['experiments', 'runs', 'search', 'artifacts', 'client_2', 'bare_client']);
/** All that the client is driven through but some; tests about one engine or release alone know that themselves. */
const allBut = (names: readonly string[]) => [PYTHON, ...test(names).map((path) => `--ignore=${path}`)];
/**
 * Artifacts and models are files, the quickstart is a script, R and 2.x clients send nothing that others do not, and the
 * Python server, which the differential test asks a thousand times, answers a few requests a second there.
 */
const TESTS_ENGINE = allBut([
  ...['artifacts', 'bare_client', 'client_2', 'differential'],
  ...['models', 'quickstart', 'r_requests'],
]);
/** This server behaves as 3.17's does, with which these compare it; R, 2.x clients and power cuts have no part in 3.18. */
const TESTS_3_18 = allBut(['client_2', 'differential', 'durability', 'otlp', 'r_requests', 'registry_alike']);
const TESTS_DATASETS = test(['datasets']);
const TESTS_SKINNY = test(['experiments', 'runs', 'search', 'bare_client']);

const pythonEnv = ({ python, python318 }: { readonly python: string; readonly python318: string }) => ({
  MLFLOW_PYTHON: python,
  MLFLOW_PYTHON_3_18: python318,
});

/** What is about databases on servers alone, and all of the server. */
const ON_SERVERS = [
  'packages/db/src/schema/server-database.test.ts',
  'packages/db/src/server-store.test.ts',
  'packages/db/src/sql.test.ts',
  'packages/server/src/',
  // These touch no database, or are about folders, whatever the engine.
  ...['file-store', 'model-prices', 'outbound'].map((name) => `--exclude=packages/server/src/${name}/**`),
];

/** The same tests on another engine: all of the server's own and the official clients'. */
function onDatabase(name: string, start: () => Promise<Prepared<DatabaseServer>>) {
  const server = start();
  const address = server.then(
    (prepared): Prepared<string> => ('missing' in prepared ? prepared : { value: prepared.value.address }),
  );
  const database = async (own: string) => {
    const prepared = await server;
    if ('missing' in prepared) throw new Error(prepared.missing);
    return prepared.value.createDatabase(own);
  };
  const [scheme, driver] =
    name === 'postgresql' ? (['postgresql', 'psycopg2'] as const) : (['mysql', 'pymysql'] as const);
  return {
    own: suite(`server on ${name}`, { python, python318, address }, (peers) =>
      runVitest(`server on ${name}`, [`packages/db/src/${scheme}/`, ...ON_SERVERS], {
        ...pythonEnv(peers),
        TEST_DATABASE_URI: `${scheme}://${peers.address}/${scheme === 'mysql' ? 'mysql' : 'postgres'}`,
      }),
    ),
    python: suite(`python on ${name}`, { python, address }, (peers) =>
      runPytest(`python on ${name}`, peers.python, TESTS_ENGINE, {
        BITACORA_TEST_DATABASE: `${scheme}+${driver}://${peers.address}`,
      }),
    ),
    rest: suite(`REST clients on ${name}`, { rest, address }, async (peers) =>
      onServer(await database('compat_rest'), (uri) =>
        runPytest(`REST clients on ${name}`, peers.rest, ['compat/rest'], { MLFLOW_TRACKING_URI: uri }),
      ),
    ),
    java: suite(`java on ${name}`, { python, java, address }, async (peers) =>
      onServer(await database('compat_java'), (uri) =>
        runJava(`java on ${name}`, peers.java, peers.python, uri),
      ),
    ),
    async stop() {
      const prepared = await server;
      if ('value' in prepared) await prepared.value.stop();
    },
  };
}

const postgresql = onDatabase('postgresql', startPostgresql);
const mariadb = onDatabase('mariadb', startMariadb);

// Long ones first, so that none is left to run alone.
const results = await inLanes(2, [
  suite('unit', { python, python318 }, (peers) => runVitest('unit', [], pythonEnv(peers))),
  suite('python', { python }, (peers) => runPytest('python', peers.python, [PYTHON])),
  postgresql.python,
  mariadb.python,
  suite('python 3.18', { python318 }, (peers) => runPytest('python 3.18', peers.python318, TESTS_3_18)),
  suite('browser', { python, deltaRs, chromium }, (peers) =>
    runVitest('browser', ['--config', 'vitest.browser.config.ts'], {
      MLFLOW_PYTHON: peers.python,
      DELTA_PYTHON: peers.deltaRs,
      CHROMIUM: peers.chromium,
    }),
  ),
  postgresql.own,
  mariadb.own,
  suite('databases', { python, python318 }, (peers) =>
    runVitest('databases', ['--config', 'vitest.databases.config.ts'], pythonEnv(peers)),
  ),
  suite('stores', { python, moto, fakeGcs, azurite, sshd }, (peers) =>
    runVitest('stores', ['--config', 'vitest.stores.config.ts'], { MLFLOW_PYTHON: peers.python }),
  ),
  suite('clients of stores', { moto, fakeGcs, azurite, sshd, java, storeClients }, (peers) =>
    runPytest('clients of stores', peers.storeClients, ['compat/stores/test_clients.py'], {
      JAVA_CLASS_PATH: peers.java,
    }),
  ),
  suite('REST clients', { rest }, (peers) =>
    onServer(undefined, (uri) =>
      runPytest('REST clients', peers.rest, ['compat/rest'], { MLFLOW_TRACKING_URI: uri }),
    ),
  ),
  suite('python 2', { python2 }, (peers) => runPytest('python 2', peers.python2, TESTS_2)),
  suite('delta-rs', { deltaRs }, (peers) =>
    runPytest('delta-rs', peers.deltaRs, ['compat/delta', '--ignore=compat/delta/test_spark.py']),
  ),
  suite('spark', { spark, deltaJars }, (peers) =>
    runPytest('spark', peers.spark, ['compat/delta/test_spark.py'], { DELTA_SPARK_JARS: peers.deltaJars }),
  ),
  suite('data sets', { datasets }, (peers) => runPytest('data sets', peers.datasets, TESTS_DATASETS)),
  suite('skinny', { skinny }, (peers) => runPytest('skinny', peers.skinny, TESTS_SKINNY)),
  suite('java', { python, java }, (peers) =>
    onServer(undefined, (uri) => runJava('java', peers.java, peers.python, uri)),
  ),
  postgresql.java,
  mariadb.java,
  postgresql.rest,
]);
await Promise.all([postgresql.stop(), mariadb.stop()]);

// Some places show the end of a long output alone: what failed is said there once more.
for (const failure of results.flatMap(({ failures }) => failures)) {
  process.stdout.write(`\nFAILED: ${failure.replaceAll('\n', '\n  ')}\n`);
}
const total = (key: 'passed' | 'failed' | 'skipped') => results.reduce((sum, result) => sum + result[key], 0);
const skipped = total('skipped');
process.stdout.write(
  `\n${total('passed')} passed, ${total('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
);
process.exitCode = total('failed') > 0 || (isCI && skipped > 0) ? 1 : 0;
