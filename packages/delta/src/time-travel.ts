import { firstAtLeast } from './binary-search.ts';
import { inCommitTimestamp, readCommitInfo } from './commit.ts';
import { DeltaError } from './error.ts';
import { type Log, oldestVersion } from './log.ts';
import type { TableFiles } from './table-files.ts';

/**
 * The version that was the newest at a time. As the protocol has it: commits made with in-commit timestamps on carry
 * their own time; of earlier ones it is their file's time of modification, made to rise from each to the next as Spark
 * does. After the newest commit the newest version holds, where Spark's SQL refuses.
 *
 * @param log the whole log
 * @param configuration of the newest version; asked for only when its commit carries a time
 * @throws DeltaError version_unavailable, invalid_request
 */
export async function versionAt(
  files: TableFiles,
  log: Log,
  timestampMs: number,
  configuration: () => Promise<ReadonlyMap<string, string>>,
): Promise<number> {
  if (!Number.isSafeInteger(timestampMs))
    throw new DeltaError(
      'invalid_request',
      `Invalid timestamp_ms ${timestampMs}: it must be whole milliseconds since 1970.`,
    );
  const oldest = oldestVersion(log);
  const versions = [...log.commits.keys()].filter((version) => version >= oldest).sort((a, b) => a - b);
  const ownTime = async (version: number) =>
    inCommitTimestamp(await readCommitInfo(files, log.commits.get(version)!));

  let dated = versions;
  const newest = versions.at(-1);
  if (newest !== undefined && (await ownTime(newest)) !== undefined) {
    const settings = await configuration();
    const since = Number(settings.get('delta.inCommitTimestampEnablementVersion') ?? 0);
    const sinceMs = Number(
      settings.get('delta.inCommitTimestampEnablementTimestamp') ?? Number.NEGATIVE_INFINITY,
    );
    const timed = versions.filter((version) => version >= since);
    if (timestampMs >= sinceMs && timed.length > 0) {
      const found = await lastNotAfter(timed, timestampMs, ownTime);
      if (found !== undefined) return found;
      throw tooEarly(timestampMs, timed[0]!, await ownTime(timed[0]!));
    }
    dated = versions.filter((version) => version < since);
  }

  const times = risingTimes(dated.map((version) => log.commits.get(version)!.modified_ms));
  const after = firstAtLeast(times.length, (i) => times[i]! > timestampMs);
  if (after === 0) throw tooEarly(timestampMs, dated[0] ?? oldest, times[0]);
  return dated[after - 1]!;
}

/** Clocks of stores and writers differ: a commit is taken to be at least a millisecond after the one before it. */
export function risingTimes(times: readonly number[]): number[] {
  let last = Number.NEGATIVE_INFINITY;
  return times.map((time) => {
    last = Math.max(time, last + 1);
    return last;
  });
}

/** Reads only the commits that a binary search asks for. */
async function lastNotAfter(
  versions: readonly number[],
  timestampMs: number,
  timeOf: (version: number) => Promise<number | undefined>,
): Promise<number | undefined> {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const time = await timeOf(versions[middle]!);
    if (time !== undefined && time > timestampMs) high = middle;
    else low = middle + 1;
  }
  return versions[low - 1];
}

function tooEarly(timestampMs: number, oldest: number, oldestMs: number | undefined): DeltaError {
  const iso = (ms: number) => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`);
  const since = oldestMs === undefined ? '' : `, of ${iso(oldestMs)}`;
  return new DeltaError(
    'version_unavailable',
    `No version of ${iso(timestampMs)} is available: the oldest is version ${oldest}${since}.`,
  );
}
