import {
  type DeltaColumnStatistics,
  type DeltaInput,
  type DeltaInputOfRun,
  type DeltaSnapshot,
  type ExperimentDeltaTable,
  type Int64,
  parseJson,
} from '@bitacora/protocol';
import type { DeltaInputView, InputOfRun, VersionUseRow } from './queries.ts';
import type { RecordedSchema } from './record.ts';

export function toDeltaInput(row: DeltaInputView): DeltaInput {
  const { named_version, version, error_message } = row;
  const snapshot = toSnapshot(row);
  return {
    delta_input_id: row.delta_input_id,
    run_id: row.run_id,
    dataset_name: row.dataset_name,
    dataset_digest: row.dataset_digest,
    table: row.source,
    ...(named_version !== null && { named_version }),
    ...(version !== null && { version }),
    logged_timestamp: row.logged_timestamp,
    status: row.status as DeltaInput['status'],
    ...(error_message !== null && { error_message }),
    ...(snapshot && { snapshot }),
    latest: toState({ ...row, error_message: row.table_error }),
    ...toBehind(row),
  };
}

/** How far a table has moved on from the version that a run has read. */
export function toBehind({
  version,
  latest_version,
  table_id,
  latest_table_id,
}: Pick<DeltaInputView, 'version' | 'latest_version' | 'table_id' | 'latest_table_id'>) {
  const is_replaced = table_id !== null && latest_table_id !== null && table_id !== latest_table_id;
  const isKnown = !is_replaced && version !== null && latest_version !== null;
  return {
    ...(isKnown && { versions_behind: Math.max(Number(latest_version) - Number(version), 0) }),
    is_replaced,
  };
}

export function toInputOfRun(row: InputOfRun): DeltaInputOfRun {
  const { delta_input_id, run_id, dataset_name, dataset_digest, version, table_id } = row;
  return {
    delta_input_id,
    run_id,
    dataset_name,
    dataset_digest,
    ...(version !== null && { version }),
    ...(table_id !== null && { table_id }),
    ...toBehind(row),
  };
}

export function toTableVersion(row: VersionUseRow): ExperimentDeltaTable['versions'][number] {
  return {
    ...(row.version !== null && { version: row.version }),
    run_count: row.version_run_count,
    first_logged_timestamp: row.first_logged,
    last_logged_timestamp: row.last_logged,
    ...toBehind(row),
    newest_input: toInputOfRun(row),
  };
}

export const toState = (row: {
  readonly latest_version: Int64 | null;
  readonly latest_timestamp: Int64 | null;
  readonly checked_timestamp: Int64 | null;
  readonly error_message: string | null;
}): DeltaInput['latest'] => ({
  ...(row.latest_version !== null && { latest_version: row.latest_version }),
  ...(row.latest_timestamp !== null && { latest_timestamp: row.latest_timestamp }),
  ...(row.checked_timestamp !== null && { checked_timestamp: row.checked_timestamp }),
  ...(row.error_message !== null && { error_message: row.error_message }),
});

/** Undefined while there is no record. */
export function toSnapshot(row: DeltaInputView): DeltaSnapshot | undefined {
  if (row.snapshot_id === null) return undefined;
  const { columns, column_count, partition_columns } = parseJson(row.table_schema ?? '{}') as RecordedSchema;
  return {
    snapshot_id: row.snapshot_id,
    table_id: row.snapshot_table_id ?? '',
    version: row.snapshot_version ?? 0,
    ...(row.commit_timestamp !== null && { timestamp: row.commit_timestamp }),
    columns,
    column_count,
    partition_columns,
    file_count: row.file_count ?? 0,
    size_bytes: row.size_bytes ?? 0,
    ...(row.row_count !== null && { row_count: row.row_count }),
    file_list_digest: row.file_list_digest ?? '',
    statistics: parseJson(row.column_statistics ?? '[]') as readonly DeltaColumnStatistics[],
  };
}
