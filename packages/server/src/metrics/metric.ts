import type { Db } from '@bitacora/db';
import {
  type Int64,
  type Metric,
  type MetricInput,
  type MetricWithRunId,
  toWireDouble,
} from '@bitacora/protocol';
import type { MetricRow, RunMetricRow } from './queries.ts';

const LARGEST = Number.MAX_VALUE;

/**
 * NaN is kept as a flag with the value 0; infinities become the largest doubles, and come back as those, but for a
 * backend that keeps them.
 */
export function toMetricRow(
  { key, value, timestamp, step }: MetricInput,
  { keepsInfinity }: Pick<Db, 'keepsInfinity'>,
): MetricRow {
  const is_nan = Number.isNaN(value) ? 1 : 0;
  const stored = keepsInfinity ? value : Math.min(Math.max(value, -LARGEST), LARGEST);
  return { key, value: is_nan ? 0 : stored, timestamp, step, is_nan };
}

export function toMetric({ key, value, timestamp, step, is_nan }: MetricRow): Metric {
  return { key, value: is_nan ? 'NaN' : toWireDouble(value), timestamp, step };
}

export function toMetricWithRunId(row: RunMetricRow): MetricWithRunId {
  return {
    key: row.key,
    value: row.is_nan ? 'NaN' : toWireDouble(row.value),
    timestamp: row.timestamp,
    step: row.step,
    run_id: row.run_uuid,
  };
}

/** Whether `a` replaces `b` as the latest point of a metric. MLflow's docstring says timestamp first; its store says this. */
export const isLater = (a: MetricRow, b: MetricRow): boolean =>
  (compare(a.step, b.step) || compare(a.timestamp, b.timestamp) || compare(a.value, b.value)) > 0;

// A number and a bigint compare by value.
const compare = (a: Int64, b: Int64): number => (a < b ? -1 : a > b ? 1 : 0);
