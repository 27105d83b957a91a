import { requireNode24 } from './node-version.ts';
import { type DatabaseServer, startMariadb, startPostgresql } from './test-databases.ts';
import type { Prepared } from './test-installs.ts';
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
import { neighbourhood, onServer, ROOT, runJava, runPytest, runVitest, suite } from './test-suite.ts';
import { buildUi } from './ui-build.ts';

requireNode24();
const isCI = process.env.CI === 'true';

// What is installed and started for several suites has a temporary folder and ports as each of them has.
const { TMPDIR, TEST_PORTS } = neighbourhood.settle().env;
Object.assign(process.env, { TMPDIR, TEST_PORTS });
process.on('exit', () => neighbourhood.clear());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

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
  const server = start().catch((error): Prepared<DatabaseServer> => ({ missing: `${name}: ${error}` }));
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
    own: suite(`server on ${name}`, { python, python318, address }, (peers, own) =>
      runVitest(own, `server on ${name}`, [`packages/db/src/${scheme}/`, ...ON_SERVERS], {
        ...pythonEnv(peers),
        TEST_DATABASE_URI: `${scheme}://${peers.address}/${scheme === 'mysql' ? 'mysql' : 'postgres'}`,
      }),
    ),
    python: suite(`python on ${name}`, { python, address }, (peers, own) =>
      runPytest(own, `python on ${name}`, peers.python, TESTS_ENGINE, {
        BITACORA_TEST_DATABASE: `${scheme}+${driver}://${peers.address}`,
      }),
    ),
    rest: suite(`REST clients on ${name}`, { rest, address }, async (peers, own) =>
      onServer(own, await database('compat_rest'), (uri) =>
        runPytest(own, `REST clients on ${name}`, peers.rest, ['compat/rest'], { MLFLOW_TRACKING_URI: uri }),
      ),
    ),
    java: suite(`java on ${name}`, { python, java, address }, async (peers, own) =>
      onServer(own, await database('compat_java'), (uri) =>
        runJava(own, `java on ${name}`, peers.java, peers.python, uri),
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
  suite('unit', { python, python318 }, (peers, own) => runVitest(own, 'unit', [], pythonEnv(peers))),
  suite('python', { python }, (peers, own) => runPytest(own, 'python', peers.python, [PYTHON])),
  postgresql.python,
  mariadb.python,
  suite('python 3.18', { python318 }, (peers, own) =>
    runPytest(own, 'python 3.18', peers.python318, TESTS_3_18),
  ),
  suite('browser', { python, deltaRs, chromium }, (peers, own) =>
    runVitest(own, 'browser', ['--config', 'vitest.browser.config.ts'], {
      MLFLOW_PYTHON: peers.python,
      DELTA_PYTHON: peers.deltaRs,
      CHROMIUM: peers.chromium,
    }),
  ),
  postgresql.own,
  mariadb.own,
  suite('databases', { python, python318 }, (peers, own) =>
    runVitest(own, 'databases', ['--config', 'vitest.databases.config.ts'], pythonEnv(peers)),
  ),
  suite('stores', { python, moto, fakeGcs, azurite, sshd }, (peers, own) =>
    runVitest(own, 'stores', ['--config', 'vitest.stores.config.ts'], { MLFLOW_PYTHON: peers.python }),
  ),
  suite('clients of stores', { moto, fakeGcs, azurite, sshd, java, storeClients }, (peers, own) =>
    runPytest(own, 'clients of stores', peers.storeClients, ['compat/stores/test_clients.py'], {
      JAVA_CLASS_PATH: peers.java,
    }),
  ),
  suite('REST clients', { rest }, (peers, own) =>
    onServer(own, undefined, (uri) =>
      runPytest(own, 'REST clients', peers.rest, ['compat/rest'], { MLFLOW_TRACKING_URI: uri }),
    ),
  ),
  suite('python 2', { python2 }, (peers, own) => runPytest(own, 'python 2', peers.python2, TESTS_2)),
  suite('delta-rs', { deltaRs }, (peers, own) =>
    runPytest(own, 'delta-rs', peers.deltaRs, ['compat/delta', '--ignore=compat/delta/test_spark.py']),
  ),
  suite('spark', { spark, deltaJars }, (peers, own) =>
    runPytest(own, 'spark', peers.spark, ['compat/delta/test_spark.py'], {
      DELTA_SPARK_JARS: peers.deltaJars,
    }),
  ),
  suite('data sets', { datasets }, (peers, own) =>
    runPytest(own, 'data sets', peers.datasets, TESTS_DATASETS),
  ),
  suite('skinny', { skinny }, (peers, own) => runPytest(own, 'skinny', peers.skinny, TESTS_SKINNY)),
  suite('java', { python, java }, (peers, own) =>
    onServer(own, undefined, (uri) => runJava(own, 'java', peers.java, peers.python, uri)),
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
