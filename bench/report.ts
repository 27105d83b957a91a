import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { median, percentile } from './measure.ts';
import type { Figures } from './phases.ts';

/** Every repetition's figures of every target. */
export type Results = Readonly<Record<string, readonly Figures[]>>;

interface Goal {
  readonly says: string;
  readonly isMet: (of: (target: string, figure: string) => number) => boolean | undefined;
}

const share = (figure: string, part: number, isTime = false): Goal => ({
  says: `${figure}: at least ${part * 100} % of the floor`,
  isMet: (of) => compare(of('bitacora', figure), of('floor', figure) * (isTime ? 1 / part : part), isTime),
});
const twice = (figure: string, isTime = false): Goal => ({
  says: `${figure}: twice FastTrackML`,
  isMet: (of) => compare(of('bitacora', figure), of('fasttrackml', figure) * (isTime ? 0.5 : 2), isTime),
});
const below = (figure: string, most: number): Goal => ({
  says: `${figure}: under ${most}`,
  isMet: (of) => compare(of('bitacora', figure), most, true),
});

const atLeast = (figure: string, least: number): Goal => ({
  says: `${figure}: at least ${least.toLocaleString('en')}`,
  isMet: (of) => compare(of('bitacora', figure), least, false),
});

const compare = (ours: number, bound: number, isTime: boolean) =>
  Number.isNaN(ours) || Number.isNaN(bound) ? undefined : isTime ? ours <= bound : ours >= bound;

const WRITES = [
  'create_run_c1_per_s',
  'create_run_c16_per_s',
  'log_metric_c1_per_s',
  'log_metric_c16_per_s',
  'log_metric_c64_per_s',
  'log_batch_1000_c1_metrics_per_s',
  'log_batch_1000_c8_metrics_per_s',
];
const SEARCHES = [
  'search_first_100_ms',
  'search_page_1000_ms',
  'search_metric_filter_sorted_100_ms',
  'search_three_joins_50_ms',
];

function goals(figures: readonly string[]): readonly Goal[] {
  return [
    below('start_ms', 1000),
    below('idle_mb', 120),
    ...WRITES.map((figure) => share(figure, 0.6)),
    share('history_write_s', 0.6, true),
    share('history_read_s', 0.6, true),
    ...[...WRITES, 'get_run_c16_per_s'].map((figure) => twice(figure)),
    ...['history_write_s', 'history_read_s', ...SEARCHES].map((figure) => twice(figure, true)),
    ...figures
      .filter((figure) => /^search_of_\d{6,}_runs_metric_filter/.test(figure))
      .map((figure) => below(figure, 10)),
    atLeast('otlp_trace_c16_per_s', 1000),
    share('artifact_up_mb_per_s', 0.8),
    share('artifact_down_mb_per_s', 0.8),
    ...figures.filter((figure) => figure.startsWith('memory_rise')).map((figure) => below(figure, 60)),
    ...figures.filter((figure) => /p99_ms_during/.test(figure)).map((figure) => below(figure, 100)),
  ];
}

/** The page `docs/benchmarks.md`. */
export function report(results: Results, options: object, sqliteRate: number): string {
  const names = Object.keys(results);
  const figures = [
    ...new Set(names.flatMap((name) => results[name]!.flatMap((round) => Object.keys(round)))),
  ];
  const samples = (target: string, figure: string) =>
    (results[target] ?? []).flatMap((round) => (figure in round ? [round[figure]!] : []));
  const of = (target: string, figure: string) => median(samples(target, figure));
  const cell = (target: string, figure: string) => {
    const values = samples(target, figure);
    if (values.length === 0) return '–';
    const spread =
      values.length > 1 ? ` (${show(percentile(values, 0))}–${show(percentile(values, 1))})` : '';
    return `${show(median(values))}${spread}`;
  };
  const checked = goals(figures).map(({ says, isMet }) => [says, isMet(of)] as const);
  const missed = checked.filter(([, met]) => met === false);
  return `# Benchmarks

Written by \`npm run bench -- --write-docs\`. Each server starts in an empty folder and is driven through the public REST API by one closed-loop client on the same machine; the servers take turns, round by round.
Only ratios within one run mean anything: the client shares the machine's cores with the server it measures. Figures are medians of the rounds, with the least and the most in brackets.

- ${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}
- Node.js ${process.versions.node}, SQLite ${process.versions.sqlite}, ${versions().join(', ')}
- \`${JSON.stringify(options)}\`
- Bare \`node:sqlite\` puts ${show(sqliteRate)} points a second into the metrics table, 1,000 to a durable transaction.

*floor* is a bare \`node:http\` server that does only the hottest calls, durably, on the same tables, without validation, errors or paging rules (\`bench/floor/\`). A dash: the server has no such call, or was left out.

| figure | ${names.join(' | ')} |
|---|${names.map(() => '---:|').join('')}
${figures.map((figure) => `| ${figure} | ${names.map((name) => cell(name, figure)).join(' | ')} |`).join('\n')}

## Goals

${missed.length === 0 ? 'All goals that could be checked are met.' : `Where we are behind: ${missed.map(([says]) => says).join('; ')}.`}

| goal | met |
|---|---|
${checked.map(([says, met]) => `| ${says} | ${met === undefined ? 'not measured' : met ? 'yes' : '**no**'} |`).join('\n')}
`;
}

const show = (value: number): string =>
  value >= 1000
    ? Math.round(value).toLocaleString('en')
    : value >= 100
      ? value.toFixed(0)
      : value >= 10
        ? value.toFixed(1)
        : value.toFixed(2);

function versions(): string[] {
  const lock = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  return [`Bitácora ${lock.version} (${commit})`, 'MLflow 3.17.2', 'FastTrackML 0.6.0'];
}
