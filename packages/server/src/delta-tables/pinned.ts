import { DeltaError, openSnapshot, type Snapshot, type TableFiles } from '@bitacora/delta';
import { MlflowError } from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { findTable, openTable } from './place.ts';
import type { DeltaInputView } from './queries.ts';
import { tableIdOf } from './record.ts';

/** The table that an input is of. @throws MlflowError where it may not be read */
export async function openTableOf(
  { settings, stores }: Pick<ReadDeps, 'settings' | 'stores'>,
  { location }: Pick<DeltaInputView, 'location'>,
  signal: AbortSignal,
): Promise<TableFiles> {
  return openTable(stores, await findTable(settings, location), signal);
}

/**
 * The snapshot that an input is pinned to, from the table as it is now.
 *
 * @throws MlflowError INVALID_STATE while nobody knows the version, RESOURCE_DOES_NOT_EXIST when another table has
 * taken its place, DeltaError
 */
export async function openPinned(
  files: TableFiles,
  row: DeltaInputView,
  signal: AbortSignal,
): Promise<Snapshot> {
  if (row.version === null) {
    const why = row.error_message === null ? 'It will be recorded in a moment.' : row.error_message;
    throw new MlflowError(
      'INVALID_STATE',
      `It is not known which version of '${row.source}' was read. ${why}`,
    );
  }
  const version = Number(row.version);
  const snapshot = await openSnapshot(files, { version }, signal);
  const isOther =
    row.snapshot_id !== null &&
    (tableIdOf(snapshot) !== row.snapshot_table_id || snapshot.file_list_digest !== row.file_list_digest);
  if (isOther) throw replaced(row);
  return snapshot;
}

const replaced = ({ source, version }: DeltaInputView) =>
  new MlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `Version ${version} of '${source}' is not what was read: another table has been written to its place since. What was recorded of the snapshot is kept.`,
  );

/** Whether the version cannot be opened because its log is gone, or another table is there. */
export const isGone = (error: unknown): error is Error =>
  (error instanceof DeltaError && ['version_unavailable', 'no_table', 'file_missing'].includes(error.kind)) ||
  (error instanceof MlflowError && error.errorCode === 'RESOURCE_DOES_NOT_EXIST');
