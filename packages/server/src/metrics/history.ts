import { type Db, empty, sql } from '@bitacora/db';
import {
  BULK_MAX_POINTS,
  BULK_MAX_RUNS,
  type getMetricHistory,
  type getMetricHistoryBulk,
  type getMetricHistoryBulkInterval,
  type Input,
  invalidParameter,
  notFound,
} from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { keepRunsInScope } from '../runs/queries.ts';
import type { Scope } from '../workspaces/scope.ts';
import { toMetric, toMetricWithRunId } from './metric.ts';
import { countHistory, listBulkHistory, listHistory, listHistoryAt } from './queries.ts';

/**
 * Points in one answer where the client sets no limit, or a larger one: 20 MB of JSON. Every client follows the page
 * token, so it still receives all.
 */
const MOST_POINTS = 250_000;

export async function history({ db, scope }: ReadDeps, input: Input<typeof getMetricHistory>) {
  await checkInScope(db, scope, input.run_id);
  const offset = fromPageToken(input.page_token);
  const limit = Math.min(input.max_results ?? MOST_POINTS, MOST_POINTS);
  const found = await listHistory(db, input.run_id, input.metric_key, limit + 1, offset);
  const { rows, ...next } = page(found, limit, offset);
  return { ...(rows.length === 0 ? {} : { metrics: rows.map(toMetric) }), ...next };
}

export async function bulkHistory({ db, scope }: ReadDeps, input: Input<typeof getMetricHistoryBulk>) {
  checkRunCount(input.run_id, 'run_id');
  const limit = Math.min(input.max_results ?? BULK_MAX_POINTS, BULK_MAX_POINTS);
  const run_ids = await keepRunsInScope(db, scope, input.run_id);
  const rows = await listBulkHistory(db, run_ids, input.metric_key, limit);
  return { metrics: rows.map(toMetricWithRunId) };
}

export async function sampledHistory(
  { db, scope }: ReadDeps,
  input: Input<typeof getMetricHistoryBulkInterval>,
) {
  checkRunCount(input.run_ids, 'run_ids');
  const range = stepRange(input);
  const inScope = new Set(await keepRunsInScope(db, scope, input.run_ids));
  const metrics = [];
  for (const run_id of new Set(input.run_ids)) {
    if (!inScope.has(run_id)) continue;
    const { total } = (await countHistory(db, run_id, input.metric_key, range)) ?? { total: 0 };
    if (total === 0) continue;
    const positions = samplePositions(total, input.max_results);
    const rows = await listHistoryAt(db, run_id, input.metric_key, range, positions);
    metrics.push(...rows.map(toMetricWithRunId));
  }
  return metrics.length === 0 ? {} : { metrics };
}

/** A run that is not there has no points; where workspaces are on MLflow says that it is not there, and so do we. */
async function checkInScope(db: Db, scope: Scope, run_id: string): Promise<void> {
  const [found] = await keepRunsInScope(db, scope, [run_id]);
  if (found === undefined) throw notFound('Run', run_id);
}

/**
 * Which of `total` points are kept when at most `most` may be: the first of each of `most` buckets as SQL's NTILE cuts
 * them (the larger buckets come first), and always the last point, in place of the last bucket's first.
 */
export function samplePositions(total: number, most: number): number[] {
  if (total <= most) return Array.from({ length: total }, (_, index) => index);
  const size = Math.floor(total / most);
  const larger = total % most;
  const starts = Array.from({ length: most - 1 }, (_, index) => index * size + Math.min(index, larger));
  return [...starts, total - 1];
}

function stepRange({ start_step, end_step }: Input<typeof getMetricHistoryBulkInterval>) {
  if (start_step === undefined && end_step === undefined) return empty;
  if (start_step === undefined || end_step === undefined) {
    throw invalidParameter("If either 'start_step' or 'end_step' is given, both must be.");
  }
  if (start_step > end_step) {
    throw invalidParameter(
      `'start_step' must not be greater than 'end_step'. Found start_step=${start_step} and end_step=${end_step}.`,
    );
  }
  return sql`AND step BETWEEN ${start_step} AND ${end_step}`;
}

function checkRunCount(run_ids: readonly string[], name: string): void {
  if (run_ids.length === 0 || run_ids.length > BULK_MAX_RUNS) {
    throw invalidParameter(
      `Invalid parameter '${name}': ${run_ids.length} run ids were given, from 1 to ${BULK_MAX_RUNS} are allowed in one call.`,
    );
  }
}
