import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { engineSection, figuresOf, medians, type Results } from './engine-section.ts';
import { goals } from './goals.ts';
import { show } from './measure.ts';

/** The page `docs/benchmarks.md`. */
export function report(
  results: Results,
  options: object,
  { sqliteRate, postgresql }: { readonly sqliteRate: number; readonly postgresql: string | undefined },
): string {
  const of = medians(results);
  const checked = goals(figuresOf(results, ['bitacora'])).map(
    ({ says, reached }) => [says, reached(of)] as const,
  );
  const missed = checked.filter(([, reached]) => reached < 1);
  return `# Benchmarks

Written by \`npm run bench -- --write-docs\`. Each server starts in an empty folder, or with an empty database, and is driven through the public REST API by one closed-loop client on the same machine; the servers take turns, round by round. What is called over and over is called for a second before it is measured.
Only ratios within one run mean anything: the client shares the machine's cores with the server it measures. Figures are medians of the rounds, with the least and the most in brackets. Runs to search among and registered models are put straight into the tables where those are MLflow's. How the time of a search grows with the number of runs \`npm run bench -- --curve\` shows.

- ${machine().join('\n- ')}
- ${versions(postgresql).join(', ')}
- \`${JSON.stringify(options)}\`
- Bare \`node:sqlite\` puts ${show(sqliteRate)} points a second into the metrics table, 1,000 to a durable transaction.

*floor* is a bare \`node:http\` server that does only the hottest calls, durably, on the same tables, without validation, errors or paging rules (\`bench/floor/\`). A dash: the server has no such call, or was left out. *times …*: how many times as fast as that peer we are, bold where that is less than the goal: 10 times MLflow, and ahead of FastTrackML.
On SQLite ours, the floor and MLflow have a write on disk before they answer. FastTrackML leaves that to the operating system (under \`strace\` it made 50 runs and synced none), so with one caller it is compared with a disk.
${postgresql === undefined ? '' : "On PostgreSQL each server has a database of its own on one server with PostgreSQL's own settings, `fsync` and `synchronous_commit` on.\n"}
${engineSection(results, 'SQLite', '')}
${engineSection(results, 'PostgreSQL', '@postgresql')}
## Goals

${missed.length === 0 ? 'All goals that could be checked are met.' : `Where we are behind: ${missed.map(([says]) => says).join('; ')}.`}

| goal | met |
|---|---|
${checked.map(([says, reached]) => `| ${says} | ${Number.isNaN(reached) ? 'not measured' : reached >= 1 ? 'yes' : '**no**'} |`).join('\n')}
`;
}

/** The day and the machine, a line each. */
export const machine = () => [
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
];

export function versions(postgresql: string | undefined): string[] {
  const lock = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  return [
    `Bitácora ${lock.version} (${commit})`,
    `Node.js ${process.versions.node}`,
    `SQLite ${process.versions.sqlite}`,
    ...(postgresql === undefined ? [] : [`PostgreSQL ${postgresql}`]),
    'MLflow 3.17.2',
    'FastTrackML 0.6.0',
  ];
}
