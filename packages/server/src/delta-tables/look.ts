import type { ArtifactStores } from '@bitacora/artifacts';
import { DeltaError, type Moment, openSnapshot, readLatest, type Snapshot } from '@bitacora/delta';
import { type ErrorCode, MlflowError } from '@bitacora/protocol';
import { toAnswer } from '../http/errors.ts';
import { openTable, type TablePlace } from './place.ts';
import { recordOf, type SnapshotRecord, tableIdOf } from './record.ts';

/** A look at a table, in a process that may take its time. Plain data, both ways. */
export interface TableLook {
  readonly place: TablePlace;
  /** The versions to be recorded, or the times whose versions are. */
  readonly moments: readonly Moment[];
  /** The newest version that was seen before: where it still is, the table itself need not be read. */
  readonly known?: KnownVersion | undefined;
}

export interface KnownVersion {
  readonly version: number;
  readonly timestamp_ms: number | null;
}

export interface LatestSeen extends KnownVersion {
  /** Undefined where nothing has changed. */
  readonly table_id?: string;
}

export interface Sight {
  readonly latest: LatestSeen;
  /** In the order of the moments. */
  readonly records: readonly (
    | { readonly record: SnapshotRecord }
    | { readonly error_code: ErrorCode; readonly message: string }
  )[];
}

/** So long may the log of a table take to be read, a hundred times what one of 10,000 commits takes. */
export const LOOK_MS = 180_000;

/** A writer's clock may be ahead of ours by so much when it makes a table that is logged at once. */
const AHEAD_MS = 60_000;

/** @throws MlflowError, DeltaError, ArtifactError when the table cannot be opened at all */
export async function lookAtTable(stores: ArtifactStores, look: TableLook): Promise<Sight> {
  return inTime(LOOK_MS, async (signal) => {
    const files = await openTable(stores, look.place, signal);
    const listed = await readLatest(files);
    const { version, timestamp_ms = null } = listed;
    const isKnown = look.known?.version === version && look.known.timestamp_ms === timestamp_ms;
    if (isKnown && look.moments.length === 0) return { latest: { version, timestamp_ms }, records: [] };
    const newest = await openSnapshot(files, { version }, signal);
    const records: Sight['records'][number][] = [];
    for (const moment of look.moments) {
      try {
        const snapshot = isNewest(newest, moment) ? newest : await openAt(files, moment, signal);
        records.push({ record: recordOf(snapshot) });
      } catch (error) {
        if (signal.aborted) throw error;
        const { body, defect } = toAnswer(error);
        if (defect !== undefined || !('error_code' in body)) throw error;
        records.push({ error_code: body.error_code as ErrorCode, message: body.message });
      }
    }
    return { latest: { version, timestamp_ms, table_id: tableIdOf(newest) }, records };
  });
}

/** Whether the newest version is the one that is meant: most often it is. */
const isNewest = ({ version, timestamp_ms }: Snapshot, moment: Moment): boolean =>
  moment.timestamp_ms === undefined
    ? moment.version === version
    : timestamp_ms !== undefined && timestamp_ms <= moment.timestamp_ms;

async function openAt(
  files: Parameters<typeof openSnapshot>[0],
  moment: Moment,
  signal: AbortSignal,
): Promise<Snapshot> {
  try {
    return await openSnapshot(files, moment, signal);
  } catch (error) {
    if (!(error instanceof DeltaError) || error.kind !== 'version_unavailable') throw error;
    const { timestamp_ms } = moment;
    if (timestamp_ms === undefined) throw error;
    // A table that is logged as it is made is younger than that by a clock that is ahead. Where its beginning cannot be
    // read, what went wrong first is told.
    const first = await openSnapshot(files, { version: 0 }, signal).catch(() => undefined);
    if (first?.timestamp_ms === undefined || first.timestamp_ms - timestamp_ms > AHEAD_MS) throw error;
    return first;
  }
}

/** @throws MlflowError TEMPORARILY_UNAVAILABLE when it takes longer */
export async function inTime<T>(most_ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(most_ms);
  try {
    return await work(signal);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    throw new MlflowError(
      'TEMPORARILY_UNAVAILABLE',
      `Reading the table took longer than ${most_ms / 1000} s. Try again later; a checkpoint in its log would make it quicker.`,
    );
  }
}
