import { type Db, empty, type Tx } from '@bitacora/db';
import { invalidParameter, notFound } from '@bitacora/protocol';
import type { Scope } from '../workspaces/scope.ts';
import { findRun, findRunStage, type RunRow } from './queries.ts';

/**
 * The run that is about to be written to.
 *
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST, or INVALID_PARAMETER_VALUE when it is deleted.
 */
export async function requireActiveRun(tx: Tx, scope: Scope, run_id: string) {
  const run = await findRunStage(tx, scope, run_id);
  if (!run) throw notFound('Run', run_id);
  refuseDeleted(run);
  return run;
}

/** @throws MlflowError INVALID_PARAMETER_VALUE when the run is deleted. */
export function refuseDeleted({
  run_uuid,
  lifecycle_stage,
}: Pick<RunRow, 'run_uuid' | 'lifecycle_stage'>): void {
  if (lifecycle_stage === 'active') return;
  throw invalidParameter(
    `The run ${run_uuid} must be in the 'active' state. Current state is ${lifecycle_stage}. Restore it first.`,
  );
}

/**
 * The run, deleted or not.
 *
 * @param lock how it is to be held, in a transaction.
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST.
 */
export async function requireRun(db: Db, scope: Scope, run_id: string, lock = empty) {
  const run = await findRun(db, scope, run_id, lock);
  if (!run) throw notFound('Run', run_id);
  return run;
}

/** Where the files of a run are; deleted ones included. */
export async function findRunPlace(db: Db, scope: Scope, run_id: string) {
  const run = await findRun(db, scope, run_id);
  return run && { artifact_uri: run.artifact_uri ?? '' };
}
