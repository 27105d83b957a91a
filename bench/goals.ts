/** The median of a target's figure; NaN where there is none. */
export type Of = (target: string, figure: string) => number;

export interface Goal {
  readonly says: string;
  /** How often better than asked: 1 is just enough. NaN where it was not measured. */
  readonly reached: (of: Of) => number;
}

const isTime = (figure: string) => !figure.endsWith('_per_s');

/** How many times as fast `target` is as `peer`. */
export const ratio = (of: Of, figure: string, target: string, peer: string) =>
  isTime(figure) ? of(peer, figure) / of(target, figure) : of(target, figure) / of(peer, figure);

const share = (figure: string, part: number): Goal => ({
  says: `${figure}: at least ${part * 100} % of the floor`,
  reached: (of) => ratio(of, figure, 'bitacora', 'floor') / part,
});
const twice = (figure: string): Goal => ({
  says: `${figure}: twice FastTrackML`,
  reached: (of) => ratio(of, figure, 'bitacora', 'fasttrackml') / 2,
});
const below = (figure: string, most: number): Goal => ({
  says: `${figure}: under ${most}`,
  reached: (of) => most / of('bitacora', figure),
});
const atLeast = (figure: string, least: number): Goal => ({
  says: `${figure}: at least ${least.toLocaleString('en')}`,
  reached: (of) => of('bitacora', figure) / least,
});

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

/** What we ask of ourselves on SQLite, beyond being ahead of the peers. */
export function goals(figures: readonly string[]): readonly Goal[] {
  return [
    below('start_ms', 1000),
    below('idle_mb', 120),
    ...[...WRITES, 'history_write_s', 'history_read_s'].map((figure) => share(figure, 0.6)),
    ...[...WRITES, 'get_run_c16_per_s', 'history_write_s', 'history_read_s', ...SEARCHES].map(twice),
    ...figures
      .filter((figure) => /^search_of_\d{6,}_runs_metric_filter/.test(figure))
      .map((figure) => below(figure, 10)),
    // As exporters send them: OpenTelemetry's batch processor puts up to 512 spans into a request.
    atLeast('otlp_batch_of_25_c4_traces_per_s', 1000),
    share('artifact_up_mb_per_s', 0.8),
    share('artifact_down_mb_per_s', 0.8),
    ...figures.filter((figure) => figure.startsWith('memory_rise')).map((figure) => below(figure, 60)),
    ...figures.filter((figure) => /p99_ms_during/.test(figure)).map((figure) => below(figure, 100)),
  ];
}
