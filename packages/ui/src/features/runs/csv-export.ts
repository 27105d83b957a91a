import type { Run } from '@bitacora/protocol';
import { toCsv } from '../../table/csv.ts';
import { indexOf, keysOf } from './run-data.ts';

const ATTRIBUTES = [
  'run_id',
  'run_name',
  'experiment_id',
  'status',
  'user_id',
  'start_time',
  'end_time',
  'artifact_uri',
] as const;

/** All that is known of these runs, a run a line. */
export function runsToCsv(runs: readonly Run[]): string {
  const keys = keysOf(runs);
  return toCsv([
    [
      ...ATTRIBUTES,
      ...keys.metrics.map((key) => `metrics.${key}`),
      ...keys.params.map((key) => `params.${key}`),
      ...keys.tags.map((key) => `tags.${key}`),
    ],
    ...runs.map((run) => {
      const { metrics, params, tags } = indexOf(run);
      return [
        ...ATTRIBUTES.map((name) => run.info[name] ?? ''),
        ...keys.metrics.map((key) => metrics.get(key) ?? ''),
        ...keys.params.map((key) => params.get(key) ?? ''),
        ...keys.tags.map((key) => tags.get(key) ?? ''),
      ].map(String);
    }),
  ]);
}

export function downloadCsv(runs: readonly Run[]): void {
  const url = URL.createObjectURL(new Blob([runsToCsv(runs)], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `runs-${runs[0]?.info.experiment_id ?? ''}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
