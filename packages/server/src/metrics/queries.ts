import { type Db, type Insert, isIn, lookup, type Sql, sql, type Tx } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';

export interface MetricRow {
  readonly key: string;
  readonly value: number;
  readonly timestamp: Int64;
  readonly step: Int64;
  readonly is_nan: number;
}

export interface RunMetricRow extends MetricRow {
  readonly run_uuid: string;
}

export const listLatestMetrics = (db: Db, run_ids: readonly string[]) =>
  db.all(
    lookup(sql<RunMetricRow>`
    SELECT run_uuid, key, value, timestamp, step, is_nan FROM latest_metrics
    WHERE ${isIn('run_uuid', run_ids)}`),
  );

export const listRunLatestMetrics = (db: Db, run_id: string) =>
  db.all(sql<RunMetricRow>`
    SELECT run_uuid, key, value, timestamp, step, is_nan FROM latest_metrics WHERE run_uuid = ${run_id}`);

const METRICS: Insert = {
  into: 'metrics',
  columns: ['key', 'value', 'timestamp', 'run_uuid', 'step', 'is_nan'],
  onConflict: 'ignore',
  // Points come again only where a client did not get the answer.
  isMostlyNew: true,
  // A list of a thousand equal run ids is nearly half of what is sent, and takes us a tenth of a millisecond to write.
  oftenSame: ['run_uuid', 'is_nan', 'key'],
};

const LATEST_METRICS: Insert = {
  into: 'latest_metrics',
  columns: ['key', 'value', 'timestamp', 'step', 'is_nan', 'run_uuid'],
  onConflict: {
    key: ['key', 'run_uuid'],
    set: ['value', 'timestamp', 'step', 'is_nan'],
    whenGreater: ['step', 'timestamp', 'value'],
  },
};

/**
 * The same point again is the same point: the key of the table is the whole point. It begins with the metric's, and rows in
 * its order fall on the same few pages of the index.
 */
export const insertMetrics = (tx: Tx, run_id: string, rows: readonly MetricRow[]) =>
  tx.insert(
    METRICS,
    byKey(rows).map(({ key, value, timestamp, step, is_nan }) => [
      key,
      value,
      timestamp,
      run_id,
      step,
      is_nan,
    ]),
  );

const byKey = (rows: readonly MetricRow[]) =>
  rows.toSorted((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0));

/** The latest point is the greatest (step, timestamp, value), compared in that order; NaN counts as its stored 0. */
export const keepLatest = (tx: Tx, run_id: string, rows: readonly MetricRow[]) =>
  tx.insert(
    LATEST_METRICS,
    rows.map(({ key, value, timestamp, step, is_nan }) => [key, value, timestamp, step, is_nan, run_id]),
  );

export const listHistory = (db: Db, run_id: string, key: string, limit: number, offset: number) =>
  db.all(sql<MetricRow>`
    SELECT key, value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ${run_id} AND key = ${key}
    ORDER BY timestamp, step, value LIMIT ${limit} OFFSET ${offset}`);

export const listBulkHistory = (db: Db, run_ids: readonly string[], key: string, limit: number) =>
  db.all(sql<RunMetricRow>`
    SELECT run_uuid, key, value, timestamp, step, is_nan FROM metrics
    WHERE ${isIn('run_uuid', run_ids)} AND key = ${key} ORDER BY run_uuid, timestamp, step, value LIMIT ${limit}`);

export const countHistory = (db: Db, run_id: string, key: string, range: Sql) =>
  db.get(sql<{ total: number }>`
    SELECT count(*) AS total FROM metrics WHERE run_uuid = ${run_id} AND key = ${key} ${range}`);

/** The points at some positions (from 0) in the order of step, timestamp and value. */
export const listHistoryAt = (
  db: Db,
  run_id: string,
  key: string,
  range: Sql,
  positions: readonly number[],
) =>
  db.all(sql<RunMetricRow>`
    SELECT run_uuid, key, value, timestamp, step, is_nan FROM (
      SELECT run_uuid, key, value, timestamp, step, is_nan,
        row_number() OVER (ORDER BY step, timestamp, value, is_nan) - 1 AS position
      FROM metrics WHERE run_uuid = ${run_id} AND key = ${key} ${range}) numbered
    WHERE ${isIn('position', positions)} ORDER BY position`);
