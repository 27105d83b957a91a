import { type Tx, together } from '@bitacora/db';
import {
  type Input,
  type Int64,
  invalidParameter,
  type logMetric,
  type MetricInput,
} from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import { checkKey } from '../limits/keys.ts';
import { insertModelMetrics } from '../logged-models/model-metrics.ts';
import { requireActiveRun } from '../runs/active.ts';
import type { Scope } from '../workspaces/scope.ts';
import { isLater, toMetricRow } from './metric.ts';
import { insertMetrics, keepLatest, type MetricRow } from './queries.ts';

/** @throws MlflowError INVALID_PARAMETER_VALUE naming the field below `path`. */
export function checkMetric(metric: MetricInput, path: string): void {
  checkKey('metric', metric.key, `${path}key`);
  if (metric.timestamp < 0) {
    throw invalidParameter(
      `Invalid value ${metric.timestamp} for parameter '${path}timestamp' supplied: it must be milliseconds since the epoch, 0 or later.`,
    );
  }
}

export async function log({ write, scope }: Deps, { run_id, ...metric }: Input<typeof logMetric>) {
  checkMetric(metric, '');
  await write(
    async (tx) => {
      const run = await requireActiveRun(tx, scope, run_id);
      await writeMetrics(tx, scope, run, [metric]);
    },
    { commutes: true },
  );
  return {};
}

/** Stores points and keeps the latest of each key; points that carry a model id are stored on the model as well. */
export async function writeMetrics(
  tx: Tx,
  scope: Scope,
  run: { readonly run_uuid: string; readonly experiment_id: Int64 },
  metrics: readonly MetricInput[],
): Promise<void> {
  if (metrics.length === 0) return;
  const rows = metrics.map((metric) => toMetricRow(metric, tx));
  await together(tx, [
    () => insertMetrics(tx, run.run_uuid, rows),
    () => keepLatest(tx, run.run_uuid, latestOf(rows)),
  ]);
  const ofModels = metrics.filter(({ model_id }) => model_id !== undefined && model_id !== '');
  if (ofModels.length > 0) await insertModelMetrics(tx, scope, run, ofModels);
}

function latestOf(rows: readonly MetricRow[]): MetricRow[] {
  if (rows.length === 1) return [...rows];
  const latest = new Map<string, MetricRow>();
  for (const row of rows) {
    const known = latest.get(row.key);
    if (known === undefined || isLater(row, known)) latest.set(row.key, row);
  }
  return [...latest.values()];
}
