import { findMissingFiles } from '@bitacora/delta';
import type { checkDeltaFiles, Response } from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { isGone, openPinned, openTableOf } from './pinned.ts';
import type { DeltaInputView } from './queries.ts';

type Availability = Response<typeof checkDeltaFiles>;

/** @throws MlflowError where the table may not be read, or cannot be now */
export async function checkFiles(
  deps: Pick<ReadDeps, 'settings' | 'stores'>,
  row: DeltaInputView,
  signal: AbortSignal,
): Promise<Availability> {
  const files = await openTableOf(deps, row, signal);
  try {
    const snapshot = await openPinned(files, row, signal);
    const { count, paths, unchecked_count } = await findMissingFiles(snapshot, signal);
    const warning = count > 0 ? missingWarning(count, snapshot.files.length, snapshot.version) : undefined;
    return {
      is_available: count === 0,
      ...(warning !== undefined && { warning }),
      file_count: snapshot.files.length,
      missing_count: count,
      missing_paths: paths,
      unchecked_count,
    };
  } catch (error) {
    if (!isGone(error)) throw error;
    return {
      is_available: false,
      warning: `The rows can no longer be read. ${error.message}`,
      missing_count: 0,
      missing_paths: [],
      unchecked_count: 0,
    };
  }
}

const missingWarning = (count: number, of: number, version: number) =>
  `${count === 1 ? `1 file of version ${version} is` : `${count} files of version ${version} are`} gone (it has ${of} data ${of === 1 ? 'file' : 'files'}): a VACUUM has removed what no later version needs, and its rows can no longer all be read. Keep files for longer with the table property delta.deletedFileRetentionDuration.`;
