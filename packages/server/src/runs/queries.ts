import { type Db, empty, isIn, jsonText, lookup, SOURCE_RUN_ID, sql, type Tx } from '@bitacora/db';
import type { Int64, RunStatus } from '@bitacora/protocol';
import { andInScope, andTraceInScope, type Scope } from '../workspaces/scope.ts';

export interface RunRow {
  readonly run_uuid: string;
  readonly name: string | null;
  readonly user_id: string | null;
  readonly status: RunStatus;
  readonly start_time: Int64 | null;
  readonly end_time: Int64 | null;
  readonly lifecycle_stage: string;
  readonly artifact_uri: string | null;
  readonly experiment_id: Int64;
}

export const RUN_COLUMNS = sql`r.run_uuid, r.name, r.user_id, r.status, r.start_time, r.end_time, r.lifecycle_stage, r.artifact_uri, r.experiment_id`;

/** @param lock how the run is to be held. */
export const findRun = (db: Db, scope: Scope, run_id: string, lock = empty) =>
  db.get(sql<RunRow>`
    SELECT ${RUN_COLUMNS} FROM runs r WHERE r.run_uuid = ${run_id} ${andInScope(scope, 'r.experiment_id')} ${lock}`);

/** What a write to a run must know. */
export const findRunStage = (db: Db, scope: Scope, run_id: string) =>
  db.get(
    sql<Pick<RunRow, 'run_uuid' | 'experiment_id' | 'lifecycle_stage'>>`
      SELECT r.run_uuid, r.experiment_id, r.lifecycle_stage FROM runs r
      WHERE r.run_uuid = ${run_id} ${andInScope(scope, 'r.experiment_id')}`,
  );

export const listRuns = (db: Db, run_ids: readonly string[]) =>
  db.all(lookup(sql<RunRow>`SELECT ${RUN_COLUMNS} FROM runs r WHERE ${isIn('r.run_uuid', run_ids)}`));

/** Those of the runs that are in scope, in no order; where workspaces are off nothing is asked. */
export async function keepRunsInScope(
  db: Db,
  scope: Scope,
  run_ids: readonly string[],
): Promise<readonly string[]> {
  if (!scope.isolated) return run_ids;
  const rows = await db.all(sql<Pick<RunRow, 'run_uuid'>>`
    SELECT r.run_uuid FROM runs r WHERE ${isIn('r.run_uuid', run_ids)} ${andInScope(scope, 'r.experiment_id')}`);
  return rows.map(({ run_uuid }) => run_uuid);
}

export interface NewRun {
  readonly run_id: string;
  readonly name: string;
  readonly user_id: string;
  readonly start_time: Int64;
  readonly artifact_uri: string;
  readonly experiment_id: Int64;
}

/** The source columns are empty text, not NULL, as MLflow writes them. */
export const insertRun = (tx: Tx, run: NewRun) =>
  tx.run(sql`
    INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,
      source_version, lifecycle_stage, artifact_uri, experiment_id)
    VALUES (${run.run_id}, ${run.name}, 'UNKNOWN', '', '', ${run.user_id}, 'RUNNING', ${run.start_time},
      '', 'active', ${run.artifact_uri}, ${run.experiment_id})`);

export const updateRunInfo = (
  tx: Tx,
  run_id: string,
  { name, status, end_time }: Pick<RunRow, 'name' | 'status' | 'end_time'>,
) =>
  tx.run(
    sql`UPDATE runs SET name = ${name}, status = ${status}, end_time = ${end_time} WHERE run_uuid = ${run_id}`,
  );

export const renameRun = (tx: Tx, run_id: string, name: string) =>
  tx.run(sql`UPDATE runs SET name = ${name} WHERE run_uuid = ${run_id}`);

export const deleteRun = (tx: Tx, run_id: string, deleted_time: number) =>
  tx.run(
    sql`UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = ${deleted_time} WHERE run_uuid = ${run_id}`,
  );

export const restoreRun = (tx: Tx, run_id: string) =>
  tx.run(sql`UPDATE runs SET lifecycle_stage = 'active', deleted_time = NULL WHERE run_uuid = ${run_id}`);

/** Assessments that name the run as their source go with it; in another workspace nobody could have meant this run. */
export const deleteAssessmentsOfRun = (tx: Tx, scope: Scope, run_id: string) =>
  tx.run(sql`
    DELETE FROM assessments WHERE assessment_metadata LIKE ${`%${run_id}%`}
    AND ${jsonText('assessment_metadata', SOURCE_RUN_ID)} = ${run_id}
    ${andTraceInScope(scope, 'assessments.trace_id')}`);
