import type { Tx } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { insertInputs } from './queries.ts';
import { deleteInputsOf, ensureTable } from './shared-rows.ts';
import { deltaInputId, locationId, readDeltaSource } from './source.ts';

export interface ReadTable {
  readonly run_id: string;
  readonly name: string;
  readonly digest: string;
  /** JSON as it was logged. */
  readonly source: string;
  readonly logged_timestamp: Int64;
}

/**
 * Notes that a run has read a Delta table, in the transaction that records the data set: whatever happens next, the
 * snapshot will be recorded. Noting the same again changes nothing.
 */
export async function noteDeltaInput(
  tx: Tx,
  { run_id, name, digest, logged_timestamp, source: text }: ReadTable,
) {
  const { source, location, named_version, problem = null } = readDeltaSource(text);
  const location_id = locationId(location);
  await ensureTable(tx, location_id, location);
  await insertInputs(tx, [
    {
      delta_input_id: deltaInputId(run_id, name, digest),
      run_id,
      dataset_name: name,
      dataset_digest: digest,
      location_id,
      named_version,
      logged_timestamp,
      source,
      status: problem === null ? 'PENDING' : 'UNAVAILABLE',
      next_attempt_timestamp: problem === null ? logged_timestamp : null,
      error_message: problem,
    },
  ]);
}

/** Runs go for good, and with them what no other run has read. */
export const forgetDeltaInputs = (tx: Tx, run_ids: readonly string[]): Promise<void> =>
  deleteInputsOf(tx, run_ids);
