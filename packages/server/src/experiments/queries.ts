import {
  type Db,
  type ExperimentRow,
  type ExperimentTagRow,
  empty,
  isIn,
  jsonText,
  returningId,
  SOURCE_RUN_ID,
  type Sql,
  sql,
  type Tx,
} from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { andOwn, andTraceInScope, type Scope } from '../workspaces/scope.ts';

const COLUMNS = sql`e.experiment_id, e.name, e.artifact_location, e.lifecycle_stage, e.creation_time, e.last_update_time, e.workspace`;

export const findExperiment = (db: Db, scope: Scope, experiment_id: Int64) =>
  db.get(sql<ExperimentRow>`
    SELECT ${COLUMNS} FROM experiments e WHERE e.experiment_id = ${experiment_id} ${andOwn(scope, 'e.workspace')}`);

export const findExperimentByName = (db: Db, workspace: string, name: string) =>
  db.get(
    sql<ExperimentRow>`SELECT ${COLUMNS} FROM experiments e WHERE e.workspace = ${workspace} AND e.name = ${name}`,
  );

/**
 * What a write to a run or model of the experiment must know.
 *
 * @param lock how the experiment is to be held.
 */
export const findExperimentStage = (db: Db, scope: Scope, experiment_id: Int64, lock = empty) =>
  db.get(
    sql<Pick<ExperimentRow, 'lifecycle_stage' | 'artifact_location'>>`
      SELECT lifecycle_stage, artifact_location FROM experiments
      WHERE experiment_id = ${experiment_id} ${andOwn(scope, 'workspace')} ${lock}`,
  );

/** Those of the experiments that are in scope, in no order; where workspaces are off nothing is asked. */
export async function keepExperimentsInScope(
  db: Db,
  scope: Scope,
  experiment_ids: readonly Int64[],
): Promise<readonly Int64[]> {
  if (!scope.isolated || experiment_ids.length === 0) return experiment_ids;
  const rows = await db.all(sql<Pick<ExperimentRow, 'experiment_id'>>`
    SELECT experiment_id FROM experiments
    WHERE ${isIn('experiment_id', experiment_ids)} ${andOwn(scope, 'workspace')}`);
  return rows.map(({ experiment_id }) => experiment_id);
}

/** Those of the experiments that exist and are in scope, in no order, deleted ones included. */
export const listExistingExperiments = async (db: Db, scope: Scope, experiment_ids: readonly Int64[]) =>
  (
    await db.all(sql<Pick<ExperimentRow, 'experiment_id'>>`
      SELECT experiment_id FROM experiments
      WHERE ${isIn('experiment_id', experiment_ids)} ${andOwn(scope, 'workspace')}`)
  ).map(({ experiment_id }) => experiment_id);

export const listExperiments = (db: Db, where: Sql, orderBy: Sql, limit: number, offset: number) =>
  db.all(sql<ExperimentRow>`
    SELECT ${COLUMNS} FROM experiments e WHERE ${where} ORDER BY ${orderBy} LIMIT ${limit} OFFSET ${offset}`);

export const listExperimentTags = (db: Db, experiment_ids: readonly Int64[]) =>
  db.all(sql<ExperimentTagRow>`
    SELECT experiment_id, key, value FROM experiment_tags WHERE ${isIn('experiment_id', experiment_ids)} ORDER BY key`);

export const listTagKeys = async (db: Db, experiment_id: Int64) =>
  (
    await db.all(sql<{ key: string }>`SELECT key FROM experiment_tags WHERE experiment_id = ${experiment_id}`)
  ).map(({ key }) => key);

export async function insertExperiment(
  tx: Tx,
  row: {
    readonly name: string;
    readonly workspace: string;
    readonly creation_time: number;
    readonly experiment_id?: Int64;
  },
): Promise<Int64> {
  const { lastInsertId } = await tx.run(
    row.experiment_id === undefined
      ? sql`INSERT INTO experiments (name, lifecycle_stage, creation_time, last_update_time, workspace)
            VALUES (${row.name}, 'active', ${row.creation_time}, ${row.creation_time}, ${row.workspace}) ${returningId('experiment_id')}`
      : sql`INSERT INTO experiments (experiment_id, name, lifecycle_stage, creation_time, last_update_time, workspace)
            VALUES (${row.experiment_id}, ${row.name}, 'active', ${row.creation_time}, ${row.creation_time}, ${row.workspace}) ${returningId('experiment_id')}`,
  );
  return lastInsertId;
}

export const setArtifactLocation = (tx: Tx, experiment_id: Int64, artifact_location: string) =>
  tx.run(
    sql`UPDATE experiments SET artifact_location = ${artifact_location} WHERE experiment_id = ${experiment_id}`,
  );

export const renameExperiment = (tx: Tx, experiment_id: Int64, name: string, last_update_time: number) =>
  tx.run(sql`
    UPDATE experiments SET name = ${name}, last_update_time = ${last_update_time} WHERE experiment_id = ${experiment_id}`);

export async function setLifecycleStage(
  tx: Tx,
  experiment_id: Int64,
  lifecycle_stage: 'active' | 'deleted',
  nowMs: number,
): Promise<void> {
  await tx.run(sql`
    UPDATE experiments SET lifecycle_stage = ${lifecycle_stage}, last_update_time = ${nowMs}
    WHERE experiment_id = ${experiment_id}`);
  await tx.run(sql`
    UPDATE runs SET lifecycle_stage = ${lifecycle_stage}, deleted_time = ${lifecycle_stage === 'deleted' ? nowMs : null}
    WHERE experiment_id = ${experiment_id}`);
}

/** Assessments that name a run of the experiment as their source go with it. */
export const deleteAssessmentsOfRuns = (tx: Tx, scope: Scope, experiment_id: Int64) =>
  tx.run(sql`
    DELETE FROM assessments WHERE ${jsonText('assessment_metadata', SOURCE_RUN_ID)}
      IN (SELECT run_uuid FROM runs WHERE experiment_id = ${experiment_id})
      ${andTraceInScope(scope, 'assessments.trace_id')}`);

export const upsertExperimentTags = (
  tx: Tx,
  experiment_id: Int64,
  tags: readonly { readonly key: string; readonly value: string }[],
) =>
  tx.insert(
    {
      into: 'experiment_tags',
      columns: ['key', 'value', 'experiment_id'],
      onConflict: { key: ['key', 'experiment_id'], set: ['value'] },
    },
    tags.map(({ key, value }) => [key, value, experiment_id]),
  );

export const deleteExperimentTag = (tx: Tx, experiment_id: Int64, key: string) =>
  tx.run(sql`DELETE FROM experiment_tags WHERE experiment_id = ${experiment_id} AND key = ${key}`);
