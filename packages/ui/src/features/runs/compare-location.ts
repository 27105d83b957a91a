import type { Run } from '@bitacora/protocol';

/** MLflow's form: lists as JSON text. */
export interface CompareSearch {
  readonly runs?: string | undefined;
  readonly experiments?: string | undefined;
  /** Shows the charts of this metric alone. */
  readonly metric?: string | undefined;
  readonly diff?: 'off' | undefined;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export const readCompareSearch = (raw: Readonly<Record<string, unknown>>): CompareSearch => ({
  runs: text(raw.runs),
  experiments: text(raw.experiments),
  metric: text(raw.metric),
  diff: raw.diff === 'off' ? 'off' : undefined,
});

/** An address of MLflow's page of one metric, whose name stands there in quotes. */
export function readMetricLink(raw: Readonly<Record<string, unknown>>): CompareSearch {
  const metric = text(raw.metric);
  return {
    ...readCompareSearch(raw),
    metric: metric === undefined ? undefined : (readJsonText(metric) ?? metric),
  };
}

function readJsonText(value: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'string' ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The ids of a list in an address; what is no list of texts is an empty one. */
export function readIds(value: string | undefined): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(value ?? '[]');
    return Array.isArray(parsed) ? [...new Set(parsed.filter((id) => typeof id === 'string'))] : [];
  } catch {
    return [];
  }
}

export function toCompareSearch(runs: readonly Run[]): CompareSearch {
  return {
    runs: JSON.stringify(runs.map(({ info }) => info.run_id)),
    experiments: JSON.stringify([...new Set(runs.map(({ info }) => info.experiment_id))]),
  };
}
