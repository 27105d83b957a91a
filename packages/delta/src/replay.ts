import type { Action, Metadata, Protocol } from './actions.ts';
import { readCheckpoint } from './checkpoint.ts';
import { readActions } from './commit.ts';
import { inOrder } from './concurrency.ts';
import type { DataFile } from './data-file.ts';
import { corrupt, DeltaError } from './error.ts';
import type { JsonObject } from './json.ts';
import type { LogSegment } from './log.ts';
import type { TableFile, TableFiles } from './table-files.ts';

/** Commits read ahead: enough to hide the way to an object store, few enough to be held in memory. */
const COMMITS_AT_ONCE = 32;
/** A file of the table takes about a kilobyte here, most of it statistics. */
const MOST_FILES = 2_000_000;

/** The state of a table that its log adds up to. */
export interface TableState {
  readonly metadata: Metadata;
  readonly protocol: Protocol;
  readonly files: readonly DataFile[];
  /** What the newest commit says of itself; undefined when it is not among those read. */
  readonly commitInfo: JsonObject | undefined;
}

/**
 * Replays a part of the log, newest first: the first word on a file, the protocol or the metadata is the last that was
 * written, so nothing older is kept.
 *
 * @throws DeltaError corrupt, file_missing, too_large, outside
 */
export async function replay(
  files: TableFiles,
  segment: LogSegment,
  signal?: AbortSignal,
): Promise<TableState> {
  const state = new Replay();
  let commitInfo: JsonObject | undefined;
  let isNewest = true;
  for await (const actions of inOrder(segment.commits, COMMITS_AT_ONCE, (commit) =>
    readWhole(files, commit),
  )) {
    signal?.throwIfAborted();
    if (isNewest) commitInfo = actions.find((action) => action.kind === 'commitInfo')?.info;
    isNewest = false;
    state.takeCommit(actions);
  }
  if (segment.checkpoint !== undefined) {
    for await (const actions of readCheckpoint(files, segment.checkpoint)) {
      signal?.throwIfAborted();
      for (const action of actions) state.take(action);
    }
  }
  return state.finish(segment, commitInfo);
}

async function readWhole(files: TableFiles, commit: TableFile): Promise<readonly Action[]> {
  let all: Action[] | undefined;
  for await (const actions of readActions(files, commit)) {
    if (all === undefined) all = actions;
    else for (const action of actions) all.push(action);
  }
  return all ?? [];
}

class Replay {
  #metadata: Metadata | undefined;
  #protocol: Protocol | undefined;
  /** Logical files on which a newer commit has had its word. */
  readonly #settled = new Set<string>();
  readonly #active: DataFile[] = [];

  /** Within a commit the last word counts. */
  takeCommit(actions: readonly Action[]): void {
    for (let at = actions.length - 1; at >= 0; at--) this.take(actions[at]!);
  }

  take(action: Action): void {
    switch (action.kind) {
      case 'metaData':
        this.#metadata ??= action.metadata;
        break;
      case 'protocol':
        this.#protocol ??= action.protocol;
        break;
      case 'remove':
        this.#settled.add(action.key);
        break;
      case 'add': {
        const { key } = action.file;
        if (this.#settled.has(key)) break;
        this.#settled.add(key);
        this.#active.push(action.file);
        if (this.#active.length > MOST_FILES) {
          throw new DeltaError(
            'too_large',
            `The table has more than ${MOST_FILES} files. Compact it (OPTIMIZE) to open it here.`,
          );
        }
        break;
      }
    }
  }

  finish(segment: LogSegment, commitInfo: JsonObject | undefined): TableState {
    const where = segment.checkpoint?.files[0]?.path ?? segment.commits.at(-1)?.path ?? '_delta_log';
    if (this.#protocol === undefined)
      throw corrupt(where, 'neither it nor any later commit has a protocol action');
    if (this.#metadata === undefined)
      throw corrupt(where, 'neither it nor any later commit has a metaData action');
    return { metadata: this.#metadata, protocol: this.#protocol, files: this.#active, commitInfo };
  }
}
