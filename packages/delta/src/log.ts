import { corrupt, DeltaError } from './error.ts';
import { isObject, own, parseJson } from './json.ts';
import type { TableFile, TableFiles } from './table-files.ts';

export const LOG_FOLDER = '_delta_log';

/** A checkpoint all of whose files are there: classic, of several parts, or version 2 under a UUID. */
export interface Checkpoint {
  readonly version: number;
  /** In the order of the parts. */
  readonly files: readonly TableFile[];
}

/** The files of a log, by what their names say. */
export interface Log {
  /** The JSON commits listed, by version. */
  readonly commits: ReadonlyMap<number, TableFile>;
  /** Newest first. */
  readonly checkpoints: readonly Checkpoint[];
  /** Of commits and complete checkpoints. */
  readonly newest: number;
  /** Whether the listing began at the start of the log, so that what is not in it does not exist. */
  readonly isWhole: boolean;
}

const COMMIT = /^(\d{20})\.json$/;
const CHECKPOINT = /^(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10})|\.[0-9a-fA-F-]{36})?\.(parquet|json)$/;

export const versionText = (version: number): string => String(version).padStart(20, '0');
export const commitPath = (version: number): string => `${LOG_FOLDER}/${versionText(version)}.json`;

/**
 * Lists the log. `_last_checkpoint` only saves listing what lies before it: when it is absent, unreadable, or names what
 * is not there, everything is listed.
 *
 * @param upTo the version that is wanted; the newest when undefined. A log is listed whole when the hint lies beyond it.
 * @throws DeltaError no_table
 */
export async function listLog(files: TableFiles, upTo?: number): Promise<Log> {
  const hint = await lastCheckpoint(files);
  if (hint !== undefined && (upTo === undefined || hint <= upTo)) {
    const log = await list(files, hint);
    if (log.checkpoints.some(({ version }) => version >= hint)) return log;
  }
  return listWholeLog(files);
}

/** @throws DeltaError no_table */
export async function listWholeLog(files: TableFiles): Promise<Log> {
  const log = await list(files, undefined);
  if (log.newest < 0) {
    throw new DeltaError(
      'no_table',
      `There is no Delta table here: the folder '${LOG_FOLDER}' holds neither commits nor a complete checkpoint.`,
    );
  }
  return log;
}

async function list(files: TableFiles, from: number | undefined): Promise<Log> {
  const commits = new Map<number, TableFile>();
  const whole: Checkpoint[] = [];
  const parts = new Map<string, Map<number, TableFile>>();
  // A version's own text sorts before all names that begin with it and a dot.
  const after = from === undefined ? undefined : versionText(from);
  for await (const file of files.list(LOG_FOLDER, after)) {
    const name = file.path.slice(LOG_FOLDER.length + 1);
    const commit = COMMIT.exec(name);
    if (commit) commits.set(versionOf(commit[1]!, file), file);
    const checkpoint = CHECKPOINT.exec(name);
    if (!checkpoint || file.size_bytes === 0) continue;
    const [, version = '', part, of, format] = checkpoint;
    if (part === undefined || of === undefined) {
      if (format === 'json' && !name.includes('-')) continue;
      whole.push({ version: versionOf(version, file), files: [file] });
    } else {
      const key = `${version}/${of}`;
      parts.set(key, (parts.get(key) ?? new Map()).set(Number(part), file));
    }
  }
  for (const [key, found] of parts) {
    const [version, count] = key.split('/').map(Number) as [number, number];
    // One with a part missing was never finished, or is being cleaned up: it does not count.
    const ordered = [...found].sort(([a], [b]) => a - b);
    if (ordered.length === count && ordered[0]![0] === 1 && ordered.at(-1)![0] === count)
      whole.push({ version, files: ordered.map(([, file]) => file) });
  }
  whole.sort((a, b) => b.version - a.version);
  let newest = whole[0]?.version ?? -1;
  for (const version of commits.keys()) newest = Math.max(newest, version);
  return { commits, checkpoints: whole, newest, isWhole: from === undefined };
}

function versionOf(digits: string, file: TableFile): number {
  const version = Number(digits);
  if (!Number.isSafeInteger(version)) throw corrupt(file.path, 'its version is beyond 2^53');
  return version;
}

/** The version that `_last_checkpoint` names; undefined for whatever cannot be made sense of. */
async function lastCheckpoint(files: TableFiles): Promise<number | undefined> {
  try {
    // Some writers put the checkpoint's schema into it, which can be large.
    const content = await files.read(`${LOG_FOLDER}/_last_checkpoint`, { start: 0, end: 16 * 1024 * 1024 });
    const hint = parseJson(new TextDecoder().decode(content));
    const version = isObject(hint) ? own(hint, 'version') : undefined;
    return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0 ? version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (error instanceof DeltaError && error.kind === 'file_missing') return undefined;
    throw error;
  }
}

/** What has to be read for a version: a checkpoint, and the commits after it, newest first. */
export interface LogSegment {
  readonly checkpoint: Checkpoint | undefined;
  readonly commits: readonly TableFile[];
}

/**
 * The ways to come to a version, the quickest first; later ones serve when a checkpoint proves unreadable.
 *
 * @param log listed whole when the version lies before what it holds
 * @throws DeltaError version_unavailable, corrupt for a gap that nothing newer goes on from
 */
export function segmentsOf(log: Log, version: number): readonly LogSegment[] {
  if (version > log.newest) {
    throw new DeltaError(
      'version_unavailable',
      `Version ${version} does not exist; the newest is ${log.newest}.`,
    );
  }
  const segments: LogSegment[] = [];
  let gap: number | undefined;
  for (const checkpoint of [...log.checkpoints.filter((one) => one.version <= version), undefined]) {
    if (checkpoint === undefined && !log.commits.has(0)) break;
    const commits: TableFile[] = [];
    for (let next = version; next > (checkpoint?.version ?? -1); next--) {
      const commit = log.commits.get(next);
      if (commit === undefined) {
        gap ??= next;
        break;
      }
      commits.push(commit);
    }
    if (commits.length === version - (checkpoint?.version ?? -1)) segments.push({ checkpoint, commits });
  }
  if (segments.length > 0) return segments;
  // Spark leaves the checkpoint before the version at which it cleaned up, and not the commits in between.
  const next = log.checkpoints.findLast((checkpoint) => checkpoint.version > version);
  if (gap !== undefined && next !== undefined) {
    throw new DeltaError(
      'version_unavailable',
      `Version ${version} is no longer available: the log has been cleaned up, and lacks '${commitPath(gap)}'. The next that is available is ${next.version}.`,
    );
  }
  if (gap !== undefined) {
    throw new DeltaError(
      'corrupt',
      `Version ${version} cannot be put together: the log lacks '${commitPath(gap)}', and no checkpoint from ${gap} to ${version} stands in for it.`,
    );
  }
  throw new DeltaError(
    'version_unavailable',
    `Version ${version} is no longer available; the oldest is ${oldestVersion(log)}. The log before it has been cleaned up.`,
  );
}

/** The oldest version that a whole log still leads to. */
export function oldestVersion(log: Log): number {
  if (log.commits.has(0)) return 0;
  return log.checkpoints.at(-1)?.version ?? log.newest;
}
