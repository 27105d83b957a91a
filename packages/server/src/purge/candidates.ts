import { type Db, isIn, sql } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { andInScope, andOwn, type Scope } from '../workspaces/scope.ts';

/** A run or logged model with its files. */
export interface Candidate {
  readonly id: string;
  readonly lifecycle_stage: string;
  /** When it was deleted, in milliseconds; null where that was not recorded. */
  readonly deleted_ms: Int64 | null;
  readonly uri: string | null;
}

export interface ExperimentCandidate {
  readonly experiment_id: Int64;
  readonly lifecycle_stage: string;
  readonly deleted_ms: Int64 | null;
  readonly uri: string | null;
}

const RUN = sql`SELECT r.run_uuid AS id, r.lifecycle_stage, r.deleted_time AS deleted_ms, r.artifact_uri AS uri FROM runs r`;

export const listRunsNamed = (db: Db, scope: Scope, ids: readonly string[]) =>
  db.all(sql<Candidate>`${RUN} WHERE ${isIn('r.run_uuid', ids)} ${andInScope(scope, 'r.experiment_id')}`);

export const listDeletedRuns = (db: Db, scope: Scope, before_ms: number) =>
  db.all(
    sql<Candidate>`${RUN} WHERE r.lifecycle_stage = 'deleted' AND r.deleted_time <= ${before_ms}
      ${andInScope(scope, 'r.experiment_id')} ORDER BY r.deleted_time, r.run_uuid`,
  );

/** Whatever their own stage: an experiment takes all of its runs along. */
export const listRunsOf = (db: Db, experiment_ids: readonly Int64[]) =>
  db.all(sql<Candidate>`${RUN} WHERE ${isIn('r.experiment_id', experiment_ids)} ORDER BY r.run_uuid`);

// A logged model has no time of deletion of its own; deleting is what was done to it last.
const MODEL = sql`SELECT m.model_id AS id, m.lifecycle_stage, m.last_updated_timestamp_ms AS deleted_ms,
  m.artifact_location AS uri FROM logged_models m`;

export const listModelsNamed = (db: Db, scope: Scope, ids: readonly string[]) =>
  db.all(sql<Candidate>`${MODEL} WHERE ${isIn('m.model_id', ids)} ${andInScope(scope, 'm.experiment_id')}`);

export const listDeletedModels = (db: Db, scope: Scope, before_ms: number) =>
  db.all(
    sql<Candidate>`${MODEL} WHERE m.lifecycle_stage = 'deleted' AND m.last_updated_timestamp_ms <= ${before_ms}
      ${andInScope(scope, 'm.experiment_id')} ORDER BY m.last_updated_timestamp_ms, m.model_id`,
  );

export const listModelsOf = (db: Db, experiment_ids: readonly Int64[]) =>
  db.all(sql<Candidate>`${MODEL} WHERE ${isIn('m.experiment_id', experiment_ids)} ORDER BY m.model_id`);

const EXPERIMENT = sql`SELECT e.experiment_id, e.lifecycle_stage, e.last_update_time AS deleted_ms,
  e.artifact_location AS uri FROM experiments e`;

export const listExperimentsNamed = (db: Db, scope: Scope, ids: readonly Int64[]) =>
  db.all(
    sql<ExperimentCandidate>`${EXPERIMENT} WHERE ${isIn('e.experiment_id', ids)} ${andOwn(scope, 'e.workspace')}`,
  );

export const listDeletedExperiments = (db: Db, scope: Scope, before_ms: number) =>
  db.all(
    sql<ExperimentCandidate>`${EXPERIMENT} WHERE e.lifecycle_stage = 'deleted' AND e.last_update_time <= ${before_ms}
      ${andOwn(scope, 'e.workspace')} ORDER BY e.experiment_id`,
  );

export const listTracesOf = async (db: Db, experiment_id: Int64, most: number) =>
  (
    await db.all(
      sql<{
        id: string;
      }>`SELECT request_id AS id FROM trace_info WHERE experiment_id = ${experiment_id} LIMIT ${most}`,
    )
  ).map(({ id }) => id);

/** Those of the traces that are the experiment's. */
export const listTracesAmong = async (db: Db, experiment_id: Int64, ids: readonly string[]) =>
  (
    await db.all(
      sql<{ id: string }>`SELECT request_id AS id FROM trace_info
        WHERE ${isIn('request_id', ids)} AND experiment_id = ${experiment_id}`,
    )
  ).map(({ id }) => id);

export const listExperimentLocations = async (db: Db, scope: Scope) =>
  (
    await db.all(
      sql<{ uri: string }>`SELECT DISTINCT e.artifact_location AS uri FROM experiments e
        WHERE e.artifact_location IS NOT NULL ${andOwn(scope, 'e.workspace')}`,
    )
  ).map(({ uri }) => uri);
