import { type Db, type DeltaInputRow, isIn, isNotIn, type Sql, sql, type Tx } from '@bitacora/db';

/** An input whose snapshot is to be recorded. */
export interface QueuedInput
  extends Pick<
    DeltaInputRow,
    'delta_input_id' | 'location_id' | 'named_version' | 'logged_timestamp' | 'attempts'
  > {
  readonly location: string;
}

const unclaimed = (nowMs: number): Sql => sql`(claimed_until IS NULL OR claimed_until < ${nowMs})`;

/** A place of what is due and nobody's, the longest waiting first. */
export async function findDueTable(
  db: Db,
  nowMs: number,
  exceptLocations: readonly string[],
): Promise<string | undefined> {
  const row = await db.get(sql<{ location_id: string }>`
    SELECT location_id FROM bitacora_delta_inputs
    WHERE status = 'PENDING' AND next_attempt_timestamp <= ${nowMs} AND ${unclaimed(nowMs)}
      AND ${isNotIn('location_id', exceptLocations)}
    ORDER BY next_attempt_timestamp LIMIT 1`);
  return row?.location_id;
}

/** When the next input that nobody has claimed is due, in milliseconds since the epoch. */
export async function findNextDue(db: Db): Promise<number | undefined> {
  const row = await db.get(sql<{ next: number | bigint | null }>`
    SELECT next_attempt_timestamp AS next FROM bitacora_delta_inputs
    WHERE status = 'PENDING' AND claimed_until IS NULL ORDER BY next_attempt_timestamp LIMIT 1`);
  return row?.next == null ? undefined : Number(row.next);
}

export interface Claim {
  readonly claimant: string;
  readonly nowMs: number;
  readonly until: number;
}

/** All of a table's that are due, so that it is opened once for them. @returns those that are ours now. */
export async function claimDue(
  tx: Tx,
  location_id: string,
  { claimant, nowMs, until }: Claim,
  limit: number,
): Promise<QueuedInput[]> {
  const due = await tx.all(sql<{ delta_input_id: string }>`
    SELECT delta_input_id FROM bitacora_delta_inputs
    WHERE location_id = ${location_id} AND status = 'PENDING' AND next_attempt_timestamp <= ${nowMs}
      AND ${unclaimed(nowMs)}
    ORDER BY delta_input_id LIMIT ${limit}`);
  const ids = due.map(({ delta_input_id }) => delta_input_id);
  await tx.run(sql`
    UPDATE bitacora_delta_inputs SET claimed_by = ${claimant}, claimed_until = ${until}
    WHERE ${isIn('delta_input_id', ids)} AND status = 'PENDING' AND ${unclaimed(nowMs)}`);
  return tx.all(sql<QueuedInput>`
    SELECT di.delta_input_id, di.location_id, di.named_version, di.logged_timestamp, di.attempts, dt.location
    FROM bitacora_delta_inputs di JOIN bitacora_delta_tables dt ON dt.location_id = di.location_id
    WHERE ${isIn('di.delta_input_id', ids)} AND di.claimed_by = ${claimant} AND di.claimed_until = ${until}
      AND di.status = 'PENDING'`);
}

/** How an attempt to record a snapshot went. */
export interface Outcome
  extends Pick<DeltaInputRow, 'delta_input_id' | 'attempts' | 'next_attempt_timestamp' | 'error_message'> {
  readonly status: 'PENDING' | 'RECORDED' | 'UNAVAILABLE';
  /** Of what was recorded. */
  readonly version: number | null;
  readonly table_id: string | null;
  readonly snapshot_id: string | null;
}

/** Ends an attempt. What has been recorded meanwhile stays. */
export const recordOutcome = (tx: Tx, outcome: Outcome) =>
  tx.run(sql`
    UPDATE bitacora_delta_inputs SET status = ${outcome.status}, attempts = ${outcome.attempts},
      next_attempt_timestamp = ${outcome.next_attempt_timestamp}, claimed_by = NULL, claimed_until = NULL,
      version = COALESCE(${outcome.version}, version), table_id = COALESCE(${outcome.table_id}, table_id),
      snapshot_id = COALESCE(${outcome.snapshot_id}, snapshot_id), error_message = ${outcome.error_message}
    WHERE delta_input_id = ${outcome.delta_input_id} AND status <> 'RECORDED'`);

/** Gives back what was claimed and not ended, so that others need not wait for the claims to expire. */
export const releaseClaims = (tx: Tx, claimant: string) =>
  tx.run(sql`
    UPDATE bitacora_delta_inputs SET claimed_by = NULL, claimed_until = NULL
    WHERE status = 'PENDING' AND claimed_by = ${claimant}`);
