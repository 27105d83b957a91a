import {
  type AssessmentRow,
  type Db,
  empty,
  FOR_UPDATE,
  type Insert,
  isIn,
  lookup,
  raw,
  sql,
  type TraceInfoRow,
  type Tx,
} from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { andInScope, andTraceInScope, type Scope } from '../workspaces/scope.ts';

const NAMES = [
  'assessment_id',
  'trace_id',
  'name',
  'assessment_type',
  'value',
  'error',
  'created_timestamp',
  'last_updated_timestamp',
  'source_type',
  'source_id',
  'run_id',
  'span_id',
  'rationale',
  'overrides',
  'valid',
  'assessment_metadata',
  'experiment_id',
  'trace_timestamp_ms',
  'aggregate_value',
  'is_numeric_value',
] as const satisfies readonly (keyof AssessmentRow)[];
const COLUMNS = raw(NAMES.map((name) => `a.${name}`).join(', '));

export type TraceHead = Pick<TraceInfoRow, 'experiment_id' | 'timestamp_ms'>;

/**
 * What an assessment repeats of its trace. Spans that come meanwhile may change that, so the trace is held until the
 * transaction ends; SQLite has one writer anyway.
 */
export const lockTraceHead = (tx: Tx, scope: Scope, trace_id: string) =>
  tx.get(sql<TraceHead>`
    SELECT experiment_id, timestamp_ms FROM trace_info t
    WHERE request_id = ${trace_id} ${andInScope(scope, 't.experiment_id')}
    ${FOR_UPDATE}`);

/** Assessments of traces, the oldest of each first. */
export const listAssessmentRows = (db: Db, trace_ids: readonly string[]) =>
  db.all(
    lookup(sql<AssessmentRow>`
    SELECT ${COLUMNS} FROM assessments a WHERE ${isIn('a.trace_id', trace_ids)}
    ORDER BY a.trace_id, a.created_timestamp, a.assessment_id`),
  );

/** @param lock how the assessment is to be held. */
export const findAssessmentRow = (
  db: Db,
  scope: Scope,
  trace_id: string,
  assessment_id: string,
  lock = empty,
) =>
  db.get(sql<AssessmentRow>`
    SELECT ${COLUMNS} FROM assessments a
    WHERE a.trace_id = ${trace_id} AND a.assessment_id = ${assessment_id} ${andTraceInScope(scope, 'a.trace_id')}
    ${lock}`);

const NEW: Insert = { into: 'assessments', columns: NAMES };
const MERGED: Insert = {
  ...NEW,
  onConflict: { key: ['assessment_id'], set: NAMES.filter((name) => name !== 'assessment_id') },
};

const values = (row: AssessmentRow) => NAMES.map((name) => row[name]);

/** Of these assessments, those of other traces. */
export const listForeignIds = async (db: Db, trace_id: string, assessment_ids: readonly string[]) =>
  (
    await db.all(sql<{ assessment_id: string }>`
      SELECT assessment_id FROM assessments
      WHERE ${isIn('assessment_id', assessment_ids)} AND trace_id <> ${trace_id}`)
  ).map(({ assessment_id }) => assessment_id);

/** Fails where the id exists. */
export const insertAssessmentRow = (tx: Tx, row: AssessmentRow) => tx.insert(NEW, [values(row)]);

export const mergeAssessmentRows = (tx: Tx, rows: readonly AssessmentRow[]) =>
  tx.insert(MERGED, rows.map(values));

/** @returns how many there were: none when the trace has no such assessment. */
export const setValid = async (tx: Tx, trace_id: string, assessment_id: string, isValid: boolean) =>
  (
    await tx.run(sql`
      UPDATE assessments SET valid = ${isValid}
      WHERE trace_id = ${trace_id} AND assessment_id = ${assessment_id}`)
  ).changes;

export const updateAssessmentRow = (tx: Tx, row: AssessmentRow) =>
  tx.run(sql`
    UPDATE assessments SET name = ${row.name}, value = ${row.value}, error = ${row.error},
      last_updated_timestamp = ${row.last_updated_timestamp}, rationale = ${row.rationale},
      assessment_metadata = ${row.assessment_metadata}, aggregate_value = ${row.aggregate_value},
      is_numeric_value = ${row.is_numeric_value}
    WHERE trace_id = ${row.trace_id} AND assessment_id = ${row.assessment_id}`);

/** A trace turned out to have begun earlier. */
export const setTraceTimestamp = (tx: Tx, trace_id: string, timestamp_ms: Int64) =>
  tx.run(sql`UPDATE assessments SET trace_timestamp_ms = ${timestamp_ms} WHERE trace_id = ${trace_id}`);

export const deleteAssessmentRow = (tx: Tx, trace_id: string, assessment_id: string) =>
  tx.run(sql`DELETE FROM assessments WHERE trace_id = ${trace_id} AND assessment_id = ${assessment_id}`);
