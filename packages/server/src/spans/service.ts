import type { Db } from '@bitacora/db';
import { listSpanRows, type StoredSpan } from './queries.ts';

export type { StoredSpan } from './queries.ts';
export { toFileSpan, toWireSpan } from './wire-span.ts';

/**
 * The spans of traces that the caller may see, as stored, by trace: roots first, then in the order they began. A trace
 * without spans in the database is not in the answer.
 */
export async function listSpans(
  db: Db,
  trace_ids: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredSpan[]>> {
  const byTrace = Map.groupBy(await listSpanRows(db, trace_ids), ({ trace_id }) => trace_id);
  for (const spans of byTrace.values()) spans.sort(byStart);
  return byTrace;
}

function byStart(left: StoredSpan, right: StoredSpan): number {
  const isRoot = (span: StoredSpan) => Number(span.parent_span_id !== null);
  if (isRoot(left) !== isRoot(right)) return isRoot(left) - isRoot(right);
  if (left.start_time_unix_nano !== right.start_time_unix_nano)
    return left.start_time_unix_nano < right.start_time_unix_nano ? -1 : 1;
  return left.span_id < right.span_id ? -1 : 1;
}
