import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCurve } from './curve.ts';
import { curvePage } from './curve-page.ts';
import { sqliteInsertRate } from './floor/sqlite-floor.ts';
import { interference } from './interference.ts';
import { memoryMb } from './measure.ts';
import { artifacts, type Figures, history, type Options, writes } from './phases.ts';
import { type Databases, startDatabases } from './postgresql.ts';
import { registry } from './registry.ts';
import { report } from './report.ts';
import { largeSearch, search } from './search.ts';
import { FULL_SHAPE, seedRuns } from './seed.ts';
import { storesPage } from './stores/page.ts';
import { measureStores } from './stores/stores.ts';
import { Target, targetNamed } from './targets.ts';
import { traces } from './traces.ts';

const ALL = [
  ...['bitacora', 'floor', 'fasttrackml', 'mlflow'],
  ...['bitacora@postgresql', 'fasttrackml@postgresql', 'mlflow@postgresql'],
];

const HELP = `Side-by-side benchmark of MLflow-compatible tracking servers.

npm run bench -- [options]
  --targets LIST          ${ALL.join(',')}
                          (default: all; peers are installed from PyPI, PostgreSQL from Debian's packages)
  --rounds N              rounds, in which the servers take turns (3)
  --seconds N             length of each load (2)
  --runs N                runs to search among (2000)
  --large-runs N          runs put straight into the tables to search among; 0 to leave out (100000)
  --models N              registered models to search among (3000)
  --history N             points of one metric (100000)
  --artifact-mb N         size of a file to transfer (100)
  --big-artifact-mb N     size of the file that memory is watched with (2048)
  --curve                 only how the time of a search grows with the number of runs, up to a million; takes 3 GB
  --stores                only files: through us into each artifact store, small ones, long listings, a long Delta log
  --quick                 one short round of small figures, to see that it works
  --out FILE              all figures as JSON
  --write-docs            write docs/benchmarks.md, with --curve docs/search-speed.md, with --stores docs/artifact-speed.md
`;

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: ALL.join(',') },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    runs: { type: 'string', default: '2000' },
    'large-runs': { type: 'string', default: '100000' },
    models: { type: 'string', default: '3000' },
    history: { type: 'string', default: '100000' },
    'artifact-mb': { type: 'string', default: '100' },
    'big-artifact-mb': { type: 'string', default: '2048' },
    curve: { type: 'boolean', default: false },
    stores: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    'write-docs': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const full: Options = {
  seconds: Number(values.seconds),
  runs: Number(values.runs),
  largeRuns: Number(values['large-runs']),
  models: Number(values.models),
  history: Number(values.history),
  artifactMb: Number(values['artifact-mb']),
  bigArtifactMb: Number(values['big-artifact-mb']),
};
const options: Options = values.quick
  ? {
      seconds: 0.5,
      runs: 1100,
      largeRuns: 2000,
      models: 3000,
      history: 20_000,
      artifactMb: 20,
      bigArtifactMb: 100,
    }
  : full;
const rounds = values.quick ? 1 : Number(values.rounds);
const results: Record<string, Figures[]> = {};
const names = values.targets.split(',');
const databases =
  values.curve || (!values.stores && names.some((name) => targetNamed(name).engine === 'postgresql'))
    ? await startDatabases()
    : undefined;
let page: string;

try {
  if (values.stores) page = storesPage(await measureStores(values.quick));
  else page = values.curve && databases ? await curve(databases) : await sideBySide();
} finally {
  await databases?.stop();
}
if (values.out) writeFileSync(values.out, JSON.stringify(results, null, 1));
if (values['write-docs']) {
  const name = values.stores ? 'artifact-speed.md' : values.curve ? 'search-speed.md' : 'benchmarks.md';
  writeFileSync(join(import.meta.dirname, '../docs', name), page);
}
process.stdout.write(page);

async function curve(databases: Databases): Promise<string> {
  const sizes = values.quick ? [1000, 5000] : [1000, 10_000, 100_000, 1_000_000];
  const measured = await measureCurve({ sqlite: sizes, postgresql: sizes.slice(0, 3) }, databases);
  return curvePage(measured, databases.version);
}

async function sideBySide(): Promise<string> {
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      // A round of the Python server takes minutes; one is enough to see its order of magnitude.
      if (round > 0 && name.startsWith('mlflow')) continue;
      results[name] = [...(results[name] ?? []), await measure(name, round === 0, databases)];
    }
  }
  return report(
    results,
    { ...options, rounds },
    { sqliteRate: sqliteInsertRate(options.seconds), postgresql: databases?.version },
  );
}

/** One round of one server. What is slow and steady, or puts the server through gigabytes, is measured once. */
async function measure(name: string, isFirst: boolean, databases: Databases | undefined): Promise<Figures> {
  const kind = targetNamed(name);
  const [product = ''] = name.split('@');
  const database = kind.engine === 'postgresql' ? await databases?.create(product) : undefined;
  const target = new Target(kind, database);
  const figures: Figures = {};
  const phase = async (label: string, work: () => Promise<Figures>) => {
    const begun = performance.now();
    const attempt = () => work().then((measured) => Object.assign(figures, measured));
    const why = (error: unknown) => (error instanceof Error ? error.message.slice(0, 300) : String(error));
    // MLflow's server sometimes gives up under 16 callers, by a timeout of its own: it gets a second chance.
    const outcome = await attempt()
      .catch((error: unknown) => {
        process.stderr.write(`${name}: ${label} once more: ${why(error)}\n`);
        return attempt();
      })
      .then(
        () => 'done',
        (error: unknown) => `left out: ${why(error)}`,
      );
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    process.stderr.write(`${name}: ${label} ${outcome} (${seconds} s)\n`);
  };
  await target.start();
  figures.start_ms = target.startMs;
  await new Promise((resolve) => setTimeout(resolve, 2000));
  figures.idle_mb = memoryMb(target.pid);
  await phase('writes', () => writes(target, options));
  await phase('history', () => history(target, options));
  if (product !== 'floor') await phase('search', () => search(target, options));
  if (product === 'bitacora' || product === 'mlflow') {
    await phase('registry', () => registry(target, options));
    await phase('traces', () => traces(target, options));
  }
  // Files go through the server in the same way whatever its database.
  if (isFirst && product !== 'fasttrackml' && kind.engine === 'sqlite')
    await phase('artifacts', () => artifacts(target, options));
  figures.loaded_mb = memoryMb(target.pid);
  await target.stop();
  // A search of so many runs takes the Python server most of a minute: it is left out.
  if (isFirst && name === 'bitacora' && options.largeRuns > 0) {
    const experiment = await seedRuns(target, options.largeRuns, FULL_SHAPE);
    await target.start();
    await phase('large search', () => largeSearch(target, experiment, options.largeRuns));
    await phase('interference', () => interference(target, experiment, options));
    await target.stop();
  }
  target.remove();
  await database?.drop();
  return figures;
}
