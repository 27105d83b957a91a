import { inCommitTimestamp, readCommitInfo } from './commit.ts';
import { listLog } from './log.ts';
import type { TableFiles } from './table-files.ts';

export interface LatestVersion {
  readonly version: number;
  /** When it was committed, in milliseconds; undefined when a checkpoint alone holds it. */
  readonly timestamp_ms: number | undefined;
}

/**
 * The newest version of a table, from the listing of its log and the newest commit alone: what a table holds is not read.
 *
 * @throws DeltaError no_table, corrupt
 */
export async function readLatest(files: TableFiles): Promise<LatestVersion> {
  const { newest, commits } = await listLog(files);
  const commit = commits.get(newest);
  const timestamp_ms =
    commit && (inCommitTimestamp(await readCommitInfo(files, commit)) ?? commit.modified_ms);
  return { version: newest, timestamp_ms };
}
