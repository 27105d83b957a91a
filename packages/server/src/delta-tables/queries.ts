import { type Db, type DeltaInputRow, type DeltaTableRow, isIn, sql, type Tx } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { andContains } from '../search/comparison.ts';
import { andInScope, type Scope } from '../workspaces/scope.ts';

export type NewDeltaInput = Omit<
  DeltaInputRow,
  'attempts' | 'claimed_by' | 'claimed_until' | 'table_id' | 'snapshot_id' | 'version'
>;

export const insertInputs = (tx: Tx, rows: readonly NewDeltaInput[]) =>
  tx.insert(
    {
      into: 'bitacora_delta_inputs',
      columns: [
        ...['delta_input_id', 'run_id', 'dataset_name', 'dataset_digest', 'location_id', 'named_version'],
        ...['version', 'logged_timestamp', 'status', 'attempts', 'next_attempt_timestamp', 'source'],
        'error_message',
      ],
      onConflict: 'ignore',
    },
    rows.map((row) => [
      ...[row.delta_input_id, row.run_id, row.dataset_name, row.dataset_digest, row.location_id],
      ...[row.named_version, row.named_version, row.logged_timestamp, row.status, 0],
      ...[row.next_attempt_timestamp, row.source, row.error_message],
    ]),
  );

/** What a run has read, with what was recorded of it and what was last seen of the table. */
export interface DeltaInputView
  extends Pick<
      DeltaInputRow,
      | 'delta_input_id'
      | 'run_id'
      | 'dataset_name'
      | 'dataset_digest'
      | 'location_id'
      | 'named_version'
      | 'version'
      | 'logged_timestamp'
      | 'status'
      | 'table_id'
      | 'source'
      | 'error_message'
    >,
    Pick<DeltaTableRow, 'location' | 'latest_version' | 'latest_timestamp' | 'checked_timestamp'> {
  readonly latest_table_id: string | null;
  readonly table_error: string | null;
  /** Null, as all that follows, while there is no record. */
  readonly snapshot_id: string | null;
  readonly snapshot_table_id: string | null;
  readonly snapshot_version: Int64 | null;
  readonly commit_timestamp: Int64 | null;
  readonly file_count: Int64 | null;
  readonly size_bytes: Int64 | null;
  readonly row_count: Int64 | null;
  readonly file_list_digest: string | null;
  readonly table_schema: string | null;
  readonly column_statistics: string | null;
}

const VIEW = sql`
  SELECT di.delta_input_id, di.run_id, di.dataset_name, di.dataset_digest, di.location_id, di.named_version, di.version,
    di.logged_timestamp, di.status, di.table_id, di.source, di.error_message, dt.location, dt.latest_version,
    dt.latest_timestamp, dt.checked_timestamp, dt.table_id AS latest_table_id, dt.error_message AS table_error,
    ds.snapshot_id, ds.table_id AS snapshot_table_id, ds.version AS snapshot_version, ds.commit_timestamp, ds.file_count,
    ds.size_bytes, ds.row_count, ds.file_list_digest, ds.table_schema, ds.column_statistics
  FROM bitacora_delta_inputs di JOIN bitacora_delta_tables dt ON dt.location_id = di.location_id
    LEFT JOIN bitacora_delta_snapshots ds ON ds.snapshot_id = di.snapshot_id`;

export const listInputs = (db: Db, run_id: string, limit: number, offset: number) =>
  db.all(sql<DeltaInputView>`${VIEW} WHERE di.run_id = ${run_id}
    ORDER BY di.logged_timestamp, di.delta_input_id LIMIT ${limit} OFFSET ${offset}`);

export const findInput = (db: Db, run_id: string, delta_input_id: string) =>
  db.get(sql<DeltaInputView>`${VIEW} WHERE di.delta_input_id = ${delta_input_id} AND di.run_id = ${run_id}`);

/** Of any run of an experiment. */
export const findInputIn = (db: Db, experiment_id: Int64, delta_input_id: string) =>
  db.get(sql<DeltaInputView>`${VIEW} JOIN runs r ON r.run_uuid = di.run_id
    WHERE di.delta_input_id = ${delta_input_id} AND r.experiment_id = ${experiment_id}`);

export type InputOfRun = Pick<
  DeltaInputView,
  | 'delta_input_id'
  | 'run_id'
  | 'dataset_name'
  | 'dataset_digest'
  | 'version'
  | 'table_id'
  | 'latest_version'
  | 'latest_table_id'
>;

/** Of some runs, as far as they are of the experiment. */
export const listInputsOfRuns = (db: Db, experiment_id: Int64, run_ids: readonly string[], limit: number) =>
  db.all(sql<InputOfRun>`
    SELECT di.delta_input_id, di.run_id, di.dataset_name, di.dataset_digest, di.version, di.table_id,
      dt.latest_version, dt.table_id AS latest_table_id
    FROM bitacora_delta_inputs di JOIN bitacora_delta_tables dt ON dt.location_id = di.location_id
      JOIN runs r ON r.run_uuid = di.run_id
    WHERE ${isIn('di.run_id', run_ids)} AND r.experiment_id = ${experiment_id}
    ORDER BY di.run_id, di.logged_timestamp, di.delta_input_id LIMIT ${limit}`);

export interface TableUseRow
  extends Pick<
    DeltaTableRow,
    'location_id' | 'latest_version' | 'latest_timestamp' | 'checked_timestamp' | 'error_message'
  > {
  readonly source: string;
  readonly run_count: Int64;
}

const ofActiveRuns = (experiment_id: Int64, scope: Scope) => sql`
  JOIN runs r ON r.run_uuid = di.run_id
  WHERE r.experiment_id = ${experiment_id} AND r.lifecycle_stage = 'active' ${andInScope(scope, 'r.experiment_id')}`;

/** Those that were read last come first. */
export const listTables = (
  db: Db,
  scope: Scope,
  experiment_id: Int64,
  contains: string,
  limit: number,
  offset: number,
) =>
  db.all(sql<TableUseRow>`
    SELECT used.location_id, used.source, used.run_count, dt.latest_version, dt.latest_timestamp, dt.checked_timestamp,
      dt.error_message
    FROM (SELECT di.location_id, min(di.source) AS source, count(DISTINCT di.run_id) AS run_count,
        max(di.logged_timestamp) AS last_logged
        FROM bitacora_delta_inputs di ${ofActiveRuns(experiment_id, scope)}
        GROUP BY di.location_id) used
      JOIN bitacora_delta_tables dt ON dt.location_id = used.location_id ${andContains('used.source', contains)}
    ORDER BY used.last_logged DESC, used.location_id LIMIT ${limit} OFFSET ${offset}`);

/** A version that runs have read, with the newest input of it. */
export interface VersionUseRow extends InputOfRun {
  readonly location_id: string;
  readonly version_run_count: Int64;
  readonly first_logged: Int64;
  readonly last_logged: Int64;
}

/**
 * Of some tables, each in turn. The newest come first; what was read of a table that another has replaced since comes
 * after all of that.
 *
 * @param most of each table
 */
export const listVersions = (
  db: Db,
  scope: Scope,
  experiment_id: Int64,
  location_ids: readonly string[],
  most: number,
) =>
  db.all(sql<VersionUseRow>`
    SELECT used.location_id, used.version_run_count, used.first_logged, used.last_logged, di.delta_input_id, di.run_id,
      di.dataset_name, di.dataset_digest, di.version, di.table_id, dt.latest_version, dt.table_id AS latest_table_id
    FROM (SELECT location_id, version_run_count, first_logged, last_logged, newest_id,
        ROW_NUMBER() OVER (PARTITION BY location_id ORDER BY CASE WHEN replaced_id IS NULL THEN 0 ELSE 1 END,
          CASE WHEN version IS NULL THEN 1 ELSE 0 END, version DESC, last_logged DESC, newest_id) AS place
        FROM (SELECT location_id, version, replaced_id, count(DISTINCT run_id) AS version_run_count,
            min(logged_timestamp) AS first_logged, max(logged_timestamp) AS last_logged,
            max(CASE WHEN recency = 1 THEN delta_input_id END) AS newest_id
            FROM (SELECT location_id, version, replaced_id, run_id, logged_timestamp, delta_input_id,
                ROW_NUMBER() OVER (PARTITION BY location_id, version, replaced_id
                  ORDER BY logged_timestamp DESC, delta_input_id) AS recency
                FROM (SELECT di.location_id, di.version, di.run_id, di.logged_timestamp, di.delta_input_id,
                    CASE WHEN di.table_id <> dt.table_id THEN di.table_id END AS replaced_id
                    FROM bitacora_delta_inputs di JOIN bitacora_delta_tables dt ON dt.location_id = di.location_id
                    ${ofActiveRuns(experiment_id, scope)} AND ${isIn('di.location_id', location_ids)}) told) ranked
            GROUP BY location_id, version, replaced_id) grouped) used
      JOIN bitacora_delta_inputs di ON di.delta_input_id = used.newest_id
      JOIN bitacora_delta_tables dt ON dt.location_id = di.location_id
    WHERE used.place <= ${most}
    ORDER BY used.location_id, used.place`);

export interface UnnotedRow {
  readonly run_id: string;
  readonly name: string;
  readonly digest: string;
  readonly dataset_source: string;
  readonly start_time: Int64 | null;
}

/** Delta tables that other programs, or a release before, have recorded as inputs of runs. */
export const listUnnoted = (db: Db, dataset_source_type: string, limit: number) =>
  db.all(sql<UnnotedRow>`
    SELECT r.run_uuid AS run_id, d.name, d.digest, d.dataset_source, r.start_time
    FROM datasets d JOIN inputs i ON i.source_type = 'DATASET' AND i.source_id = d.dataset_uuid
      JOIN runs r ON i.destination_type = 'RUN' AND r.run_uuid = i.destination_id
    WHERE d.dataset_source_type = ${dataset_source_type} AND NOT EXISTS (
      SELECT 1 FROM bitacora_delta_inputs di
      WHERE di.run_id = r.run_uuid AND di.dataset_digest = d.digest AND di.dataset_name = d.name)
    LIMIT ${limit}`);

export interface InUseRow extends Pick<DeltaTableRow, 'location_id' | 'location'> {
  readonly latest_version: Int64 | null;
  readonly latest_timestamp: Int64 | null;
}

/** Tables of which a snapshot is kept and that nobody has looked at for a while. */
export const listStale = (db: Db, nowMs: number, limit: number) =>
  db.all(sql<InUseRow>`
    SELECT location_id, location, latest_version, latest_timestamp FROM bitacora_delta_tables
    WHERE next_check_timestamp <= ${nowMs} ORDER BY next_check_timestamp LIMIT ${limit}`);

/** @returns whether it is ours to look at the table; another server may have been quicker. */
export async function claimTable(tx: Tx, location_id: string, nowMs: number, next: number): Promise<boolean> {
  const { changes } = await tx.run(sql`
    UPDATE bitacora_delta_tables SET next_check_timestamp = ${next}
    WHERE location_id = ${location_id} AND next_check_timestamp <= ${nowMs}`);
  return changes > 0;
}

export type SeenTable = Omit<DeltaTableRow, 'location' | 'error_message'>;

/** What was seen of a table. Nothing older takes the place of what another has seen meanwhile. */
export const recordSeen = (tx: Tx, row: SeenTable) =>
  tx.run(sql`
    UPDATE bitacora_delta_tables SET table_id = COALESCE(${row.table_id}, table_id),
      latest_version = ${row.latest_version}, latest_timestamp = ${row.latest_timestamp},
      checked_timestamp = ${row.checked_timestamp}, next_check_timestamp = ${row.next_check_timestamp},
      error_message = NULL
    WHERE location_id = ${row.location_id}
      AND (checked_timestamp IS NULL OR checked_timestamp <= ${row.checked_timestamp})`);

/** What is known of it stays; one that was never seen is not looked for until somebody reads it again. */
export async function recordUnseen(
  tx: Tx,
  row: Pick<DeltaTableRow, 'location_id' | 'error_message' | 'checked_timestamp' | 'next_check_timestamp'>,
): Promise<void> {
  await tx.run(sql`
    UPDATE bitacora_delta_tables SET error_message = ${row.error_message},
      checked_timestamp = ${row.checked_timestamp}, next_check_timestamp = NULL
    WHERE location_id = ${row.location_id}`);
  await tx.run(sql`
    UPDATE bitacora_delta_tables SET next_check_timestamp = ${row.next_check_timestamp}
    WHERE location_id = ${row.location_id} AND latest_version IS NOT NULL`);
}
