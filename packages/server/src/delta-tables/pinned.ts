import { hidePassword } from '@bitacora/artifacts';
import { DeltaError, openSnapshot, type Snapshot, type TableFiles } from '@bitacora/delta';
import { MlflowError, preview } from '@bitacora/protocol';
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
      `It is not known which version of '${preview(hidePassword(row.source))}' was read. ${why}`,
    );
  }
  const version = Number(row.version);
  const snapshot = await openSnapshot(files, { version }, signal).catch(async (error: unknown) => {
    throw (await replacedBy(files, row, error, signal)) ?? error;
  });
  const isOther =
    row.snapshot_id !== null &&
    (tableIdOf(snapshot) !== row.snapshot_table_id || snapshot.file_list_digest !== row.file_list_digest);
  if (isOther) throw replaced(row, tableIdOf(snapshot));
  return snapshot;
}

/**
 * A table that took the place of another may not have come to its version yet, or have lost the log of it. That it is
 * another says more than that the version is not there.
 */
async function replacedBy(
  files: TableFiles,
  row: DeltaInputView,
  error: unknown,
  signal: AbortSignal,
): Promise<MlflowError | undefined> {
  const known = row.snapshot_table_id;
  if (known === null || !(error instanceof DeltaError) || error.kind !== 'version_unavailable')
    return undefined;
  try {
    const id = tableIdOf(await openSnapshot(files, {}, signal));
    return id === known ? undefined : replaced(row, id);
  } catch (another) {
    // Then nobody knows which table it is, and what was said first is what is known.
    if (another instanceof DeltaError) return undefined;
    throw another;
  }
}

const replaced = ({ source, version, snapshot_table_id }: DeltaInputView, id: string) =>
  new MlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `Version ${version} of '${preview(hidePassword(source))}' is not what was read: another table has been written to its place since${
      id === snapshot_table_id ? '' : `, whose id is '${id}' and not '${snapshot_table_id}'`
    }. What was recorded of the snapshot is kept.`,
  );

/** Whether the version cannot be opened because its log is gone, or another table is there. */
export const isGone = (error: unknown): error is Error =>
  (error instanceof DeltaError && ['version_unavailable', 'no_table', 'file_missing'].includes(error.kind)) ||
  (error instanceof MlflowError && error.errorCode === 'RESOURCE_DOES_NOT_EXIST');
