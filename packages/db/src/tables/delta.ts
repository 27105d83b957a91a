import type { Int64 } from '@bitacora/protocol';

/** Our own table: places where Delta tables are, and what was last seen there. Times are milliseconds since the epoch. */
export interface DeltaTableRow {
  readonly location_id: string;
  readonly location: string;
  readonly table_id: string | null;
  readonly latest_version: Int64 | null;
  readonly latest_timestamp: Int64 | null;
  readonly checked_timestamp: Int64 | null;
  readonly next_check_timestamp: Int64 | null;
  readonly error_message: string | null;
}

/** Our own table: versions of Delta tables as they were when runs had read them. */
export interface DeltaSnapshotRow {
  readonly snapshot_id: string;
  readonly location_id: string;
  readonly table_id: string;
  readonly version: Int64;
  readonly commit_timestamp: Int64 | null;
  readonly file_count: Int64;
  readonly size_bytes: Int64;
  readonly row_count: Int64 | null;
  readonly file_list_digest: string;
  readonly table_schema: string;
  readonly column_statistics: string;
}

/** Our own table: which Delta tables runs have read. */
export interface DeltaInputRow {
  readonly delta_input_id: string;
  readonly run_id: string;
  readonly dataset_name: string;
  readonly dataset_digest: string;
  readonly location_id: string;
  readonly named_version: Int64 | null;
  readonly version: Int64 | null;
  readonly logged_timestamp: Int64;
  readonly status: string;
  readonly attempts: number;
  readonly next_attempt_timestamp: Int64 | null;
  readonly claimed_by: string | null;
  readonly claimed_until: Int64 | null;
  readonly table_id: string | null;
  readonly snapshot_id: string | null;
  readonly source: string;
  readonly error_message: string | null;
}
