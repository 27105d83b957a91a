import { type Of, ratio } from './goals.ts';
import { median, percentile, show } from './measure.ts';
import type { Figures } from './phases.ts';

/** Every repetition's figures of every target. */
export type Results = Readonly<Record<string, readonly Figures[]>>;

/** Ahead of the Python server tenfold, and ahead of FastTrackML, wherever they have the call. */
const PEERS = [
  { peer: 'mlflow', name: 'MLflow', least: 10 },
  { peer: 'fasttrackml', name: 'FastTrackML', least: 1 },
] as const;

/** Figures that say how fast something is done, not how much it takes. */
const isSpeed = (figure: string) => /_(per_s|ms|s)$/.test(figure) && figure !== 'start_ms';

const samples = (results: Results, target: string, figure: string) =>
  (results[target] ?? []).flatMap((round) => (figure in round ? [round[figure]!] : []));

export const medians =
  (results: Results): Of =>
  (target, figure) =>
    median(samples(results, target, figure));

export const figuresOf = (results: Results, targets: readonly string[]) => [
  ...new Set(targets.flatMap((target) => results[target]?.flatMap((round) => Object.keys(round)) ?? [])),
];

/** The targets on one engine side by side, and how many times as fast as each peer we are. */
export function engineSection(results: Results, engine: string, suffix: '' | '@postgresql'): string {
  const targets = Object.keys(results).filter((name) =>
    suffix === '' ? !name.includes('@') : name.endsWith(suffix),
  );
  if (targets.length === 0) return '';
  const of = medians(results);
  const peers = PEERS.filter(({ peer }) => targets.includes(peer + suffix));
  const figures = figuresOf(results, targets);
  const times = (figure: string, peer: string) =>
    isSpeed(figure) ? ratio(of, figure, `bitacora${suffix}`, peer + suffix) : Number.NaN;
  const rows = figures.map((figure) => [
    figure,
    ...targets.map((target) => cell(samples(results, target, figure))),
    ...peers.map(({ peer, least }) => timesCell(times(figure, peer), least)),
  ]);
  const outcomes = peers.map(({ peer, name, least }) => {
    const known = figures.filter((figure) => !Number.isNaN(times(figure, peer)));
    const missed = known.filter((figure) => times(figure, peer) < least);
    const goal = least === 1 ? `Ahead of ${name}` : `${least} times ${name}`;
    const list = missed.map((figure) => `${figure} (${show(times(figure, peer))})`).join(', ');
    return `- ${goal} in ${known.length - missed.length} of ${known.length} figures${list && `; not in ${list}`}.`;
  });
  const head = [
    'figure',
    ...targets.map((target) => target.replace(suffix, '')),
    ...peers.map(({ name }) => `times ${name}`),
  ];
  return `## On ${engine}

| ${head.join(' | ')} |
|---|${head
    .slice(1)
    .map(() => '---:|')
    .join('')}
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

${outcomes.join('\n')}
`;
}

function cell(values: readonly number[]): string {
  if (values.length === 0) return '–';
  const spread = values.length > 1 ? ` (${show(percentile(values, 0))}–${show(percentile(values, 1))})` : '';
  return `${show(median(values))}${spread}`;
}

const timesCell = (times: number, least: number) =>
  Number.isNaN(times) ? '' : times < least ? `**${show(times)}**` : show(times);
