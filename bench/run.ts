import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sqliteInsertRate } from './floor/sqlite-floor.ts';
import { memoryMb } from './measure.ts';
import {
  artifacts,
  type Figures,
  history,
  interference,
  largeSearch,
  type Options,
  search,
  seed,
  writes,
} from './phases.ts';
import { report } from './report.ts';
import { Target, targetNamed } from './targets.ts';
import { traces } from './traces.ts';

const HELP = `Side-by-side benchmark of MLflow-compatible tracking servers.

npm run bench -- [options]
  --targets LIST          bitacora,floor,fasttrackml,mlflow (default: all; peers are installed from PyPI)
  --rounds N              rounds, in which the servers take turns (3)
  --seconds N             length of each load (2)
  --runs N                runs to search among (2000)
  --large-runs N          runs put straight into the tables to search among; 0 to leave out (100000)
  --history N             points of one metric (100000)
  --artifact-mb N         size of a file to transfer (100)
  --big-artifact-mb N     size of the file that memory is watched with (2048)
  --quick                 one short round of small figures, to see that it works
  --out FILE              all figures as JSON
  --write-docs            write docs/benchmarks.md
`;

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: 'bitacora,floor,fasttrackml,mlflow' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    runs: { type: 'string', default: '2000' },
    'large-runs': { type: 'string', default: '100000' },
    history: { type: 'string', default: '100000' },
    'artifact-mb': { type: 'string', default: '100' },
    'big-artifact-mb': { type: 'string', default: '2048' },
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
  history: Number(values.history),
  artifactMb: Number(values['artifact-mb']),
  bigArtifactMb: Number(values['big-artifact-mb']),
};
const options: Options = values.quick
  ? { seconds: 0.5, runs: 1100, largeRuns: 2000, history: 50_000, artifactMb: 20, bigArtifactMb: 100 }
  : full;
const rounds = values.quick ? 1 : Number(values.rounds);
const results: Record<string, Figures[]> = {};

for (let round = 0; round < rounds; round++) {
  for (const name of values.targets.split(',')) {
    // A round of the Python server takes minutes; one is enough to see its order of magnitude.
    if (round > 0 && name === 'mlflow') continue;
    const figures = await measure(name, round === 0);
    results[name] = [...(results[name] ?? []), figures];
  }
}

/** One round of one server. What is slow and steady, or puts the server through gigabytes, is measured once. */
async function measure(name: string, isFirst: boolean): Promise<Figures> {
  const target = new Target(targetNamed(name));
  const figures: Figures = {};
  const phase = async (label: string, work: () => Promise<Figures>) => {
    try {
      Object.assign(figures, await work());
      process.stderr.write(`${name}: ${label} done\n`);
    } catch (error) {
      process.stderr.write(
        `${name}: ${label} left out: ${error instanceof Error ? error.message.slice(0, 300) : error}\n`,
      );
    }
  };
  await target.start();
  figures.start_ms = target.startMs;
  await new Promise((resolve) => setTimeout(resolve, 2000));
  figures.idle_mb = memoryMb(target.pid);
  await phase('writes', () => writes(target, options));
  await phase('history', () => history(target, options));
  if (name !== 'floor') await phase('search', () => search(target, options));
  if (name === 'bitacora' || name === 'mlflow') await phase('traces', () => traces(target, options));
  if (isFirst && name !== 'fasttrackml') await phase('artifacts', () => artifacts(target, options));
  figures.loaded_mb = memoryMb(target.pid);
  await target.stop();
  // A search of so many runs takes the Python server most of a minute: it is left out.
  if (isFirst && name === 'bitacora' && options.largeRuns > 0) {
    const experiment = seed(target, options.largeRuns);
    await target.start();
    await phase('large search', () => largeSearch(target, experiment, options.largeRuns));
    await phase('interference', () => interference(target, experiment, options));
    await target.stop();
  }
  target.remove();
  return figures;
}

const page = report(results, { ...options, rounds }, sqliteInsertRate(options.seconds));
if (values.out) writeFileSync(values.out, JSON.stringify(results, null, 1));
if (values['write-docs']) writeFileSync(join(import.meta.dirname, '../docs/benchmarks.md'), page);
process.stdout.write(page);
