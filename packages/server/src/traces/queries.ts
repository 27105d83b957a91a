import {
  COST_COLUMNS,
  type Db,
  type EntityAssociationRow,
  FOR_UPDATE,
  type Insert,
  isIn,
  join,
  lookup,
  raw,
  type SqlValue,
  sql,
  TOKEN_COLUMNS,
  type TraceInfoRow,
  type TraceRequestMetadataRow,
  type TraceTagRow,
  type Tx,
} from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { andInScope, type Scope } from '../workspaces/scope.ts';
import { TRACE_METADATA, TRACE_TAG } from './keys.ts';

const NAMES = [
  'request_id',
  'experiment_id',
  'timestamp_ms',
  'execution_time_ms',
  'status',
  'client_request_id',
  'request_preview',
  'response_preview',
  'trace_name',
  'session_id',
  ...TOKEN_COLUMNS,
  ...COST_COLUMNS,
] as const satisfies readonly (keyof TraceInfoRow)[];

export type TraceRow = Pick<TraceInfoRow, (typeof NAMES)[number]>;

/** Of the trace `t`. */
export const TRACE_COLUMNS = raw(NAMES.map((name) => `t.${name}`).join(', '));

export const findTrace = (db: Db, scope: Scope, trace_id: string) =>
  db.get(
    lookup(sql<TraceRow>`
    SELECT ${TRACE_COLUMNS} FROM trace_info t
    WHERE t.request_id = ${trace_id} ${andInScope(scope, 't.experiment_id')}`),
  );

export const listTraces = (db: Db, scope: Scope, trace_ids: readonly string[]) =>
  db.all(
    lookup(sql<TraceRow>`
    SELECT ${TRACE_COLUMNS} FROM trace_info t
    WHERE ${isIn('t.request_id', trace_ids)} ${andInScope(scope, 't.experiment_id')}`),
  );

/** Those that exist, in the order of their ids, in which every writer takes the locks. */
export const lockTraces = (tx: Tx, trace_ids: readonly string[]) =>
  tx.all(sql<TraceRow>`
    SELECT ${TRACE_COLUMNS} FROM trace_info t WHERE ${isIn('t.request_id', trace_ids)}
    ORDER BY t.request_id ${FOR_UPDATE}`);

const NEW_TRACES: Insert = {
  into: 'trace_info',
  columns: [...NAMES, 'db_payload_generation'],
  onConflict: 'ignore',
};

/**
 * @param generation what `advanceGenerations` would make of it: 1 where spans are written along with it.
 * @returns how many were new.
 */
export const insertTraces = (tx: Tx, rows: readonly TraceRow[], generation: 0 | 1) =>
  tx.insert(
    NEW_TRACES,
    rows.map((row) => [...NAMES.map((name) => row[name]), generation]),
  );

export async function updateTrace(
  tx: Tx,
  trace_id: string,
  columns: Partial<Omit<TraceRow, 'request_id'>>,
): Promise<void> {
  const set = NAMES.filter((name) => name in columns).map(
    (name) => sql`${raw(name)} = ${columns[name as keyof typeof columns] as SqlValue}`,
  );
  if (set.length === 0) return;
  await tx.run(sql`UPDATE trace_info SET ${join(set, ', ')} WHERE request_id = ${trace_id}`);
}

/** What hangs on a trace says again where it belongs and when it began. */
export async function moveChildren(
  tx: Tx,
  trace_id: string,
  { experiment_id, timestamp_ms }: Pick<TraceRow, 'experiment_id' | 'timestamp_ms'>,
): Promise<void> {
  await tx.run(sql`UPDATE spans SET experiment_id = ${experiment_id} WHERE trace_id = ${trace_id}`);
  await tx.run(sql`
    UPDATE assessments SET experiment_id = ${experiment_id}, trace_timestamp_ms = ${timestamp_ms}
    WHERE trace_id = ${trace_id}`);
}

/**
 * Counts a write to spans or header of these traces, but for those whose spans are no longer in the database. A Python
 * server that moves spans to an archive notices by it that someone wrote meanwhile.
 *
 * @returns how many were counted.
 */
export const advanceGenerations = async (tx: Tx, trace_ids: readonly string[]): Promise<number> =>
  (
    await tx.run(sql`
      UPDATE trace_info SET db_payload_generation = db_payload_generation + 1
      WHERE ${isIn('request_id', trace_ids)} AND NOT EXISTS (
        SELECT 1 FROM trace_tags c WHERE c.request_id = trace_info.request_id
        AND c.key = ${TRACE_TAG.spansLocation} AND c.value <> 'TRACKING_STORE')`)
  ).changes;

const TAGS: Insert = {
  into: 'trace_tags',
  columns: ['request_id', 'key', 'value'],
  onConflict: { key: ['key', 'request_id'], set: ['value'] },
};
const METADATA: Insert = { ...TAGS, into: 'trace_request_metadata' };

/** In the order of their keys, in which every writer takes the locks. */
const ordered = (rows: readonly (TraceTagRow | TraceRequestMetadataRow)[]) =>
  rows
    .map(({ request_id, key, value }) => [request_id, key, value] as const)
    .sort((left, right) => (left[0] === right[0] ? compare(left[1], right[1]) : compare(left[0], right[0])));

const compare = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);

export const upsertTraceTags = (tx: Tx, rows: readonly TraceTagRow[]) => tx.insert(TAGS, ordered(rows));

export const upsertTraceMetadata = (tx: Tx, rows: readonly TraceRequestMetadataRow[]) =>
  tx.insert(METADATA, ordered(rows));

export const listTraceTags = (db: Db, trace_ids: readonly string[]) =>
  db.all(
    lookup(sql<TraceTagRow>`
    SELECT request_id, key, value FROM trace_tags WHERE ${isIn('request_id', trace_ids)}`),
  );

export const listTraceMetadata = (db: Db, trace_ids: readonly string[]) =>
  db.all(
    lookup(sql<TraceRequestMetadataRow>`
    SELECT request_id, key, value FROM trace_request_metadata WHERE ${isIn('request_id', trace_ids)}`),
  );

export const deleteTraceTag = (tx: Tx, trace_id: string, key: string) =>
  tx.run(sql`DELETE FROM trace_tags WHERE request_id = ${trace_id} AND key = ${key}`);

/** The oldest traces of an experiment that began at a time or before. */
export const listOldest = async (tx: Tx, experiment_id: Int64, max_timestamp_ms: Int64, most: number) =>
  (
    await tx.all(sql<{ request_id: string }>`
      SELECT request_id FROM trace_info
      WHERE experiment_id = ${experiment_id} AND timestamp_ms <= ${max_timestamp_ms}
      ORDER BY timestamp_ms, request_id LIMIT ${most}`)
  ).map(({ request_id }) => request_id);

/**
 * What belongs to a trace goes by its foreign keys; reviews and links that name it have none.
 *
 * @returns how many traces there were.
 */
export async function deleteTraceRows(
  tx: Tx,
  experiment_id: Int64,
  trace_ids: readonly string[],
): Promise<number> {
  const rows = await tx.all(sql<{ request_id: string }>`
    SELECT request_id FROM trace_info WHERE ${isIn('request_id', trace_ids)} AND experiment_id = ${experiment_id}
    ORDER BY request_id ${FOR_UPDATE}`);
  if (rows.length === 0) return 0;
  const ids = rows.map(({ request_id }) => request_id);
  await tx.run(sql`DELETE FROM review_queue_items WHERE item_type = 'trace' AND ${isIn('item_id', ids)}`);
  await tx.run(
    sql`DELETE FROM entity_associations WHERE source_type = 'trace' AND ${isIn('source_id', ids)}`,
  );
  return (await tx.run(sql`DELETE FROM trace_info WHERE ${isIn('request_id', ids)}`)).changes;
}

const LINKS: Insert = {
  into: 'entity_associations',
  columns: [
    'association_id',
    'source_type',
    'source_id',
    'destination_type',
    'destination_id',
    'created_time',
  ],
  onConflict: 'ignore',
};

export const insertLinks = (
  tx: Tx,
  rows: readonly Pick<
    EntityAssociationRow,
    'association_id' | 'source_id' | 'destination_type' | 'destination_id' | 'created_time'
  >[],
) =>
  tx.insert(
    LINKS,
    rows.map((row) => [
      row.association_id,
      'trace',
      row.source_id,
      row.destination_type,
      row.destination_id,
      row.created_time,
    ]),
  );

interface SpanState {
  readonly spans_location: string | null;
  readonly size_stats: string | null;
  readonly stored: number;
}

/** Where the spans of a trace are, how many are announced, and how many are in the database. */
export const findSpanState = (db: Db, scope: Scope, trace_id: string) =>
  db.get(
    lookup(sql<SpanState>`
    SELECT
      (SELECT c.value FROM trace_tags c WHERE c.request_id = t.request_id AND c.key = ${TRACE_TAG.spansLocation})
        AS spans_location,
      (SELECT c.value FROM trace_request_metadata c
        WHERE c.request_id = t.request_id AND c.key = ${TRACE_METADATA.sizeStats}) AS size_stats,
      (SELECT count(*) FROM spans s WHERE s.trace_id = t.request_id) AS stored
    FROM trace_info t WHERE t.request_id = ${trace_id} ${andInScope(scope, 't.experiment_id')}`),
  );
