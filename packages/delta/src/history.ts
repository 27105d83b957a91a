import { inCommitTimestamp, readCommitInfo } from './commit.ts';
import { inOrder } from './concurrency.ts';
import { DeltaError } from './error.ts';
import { type JsonObject, own } from './json.ts';
import { listWholeLog } from './log.ts';
import type { TableFiles } from './table-files.ts';
import { risingTimes } from './time-travel.ts';

/** A version as its commit describes it. What a writer left out is undefined. */
export interface HistoryEntry {
  readonly version: number;
  /** The commit's own time where it carries one, else its file's time of modification, made to rise as for time travel. */
  readonly timestamp_ms: number;
  readonly operation: string | undefined;
  readonly user_name: string | undefined;
  readonly engine: string | undefined;
  /** All that the writer said, as it said it. */
  readonly info: JsonObject;
}

const MOST_ENTRIES = 1000;
const COMMITS_AT_ONCE = 16;

/**
 * The newest versions first, as far as their commits are still there.
 *
 * @param before only versions below this one
 * @throws DeltaError no_table, corrupt, invalid_request
 */
export async function readHistory(
  files: TableFiles,
  {
    limit = 100,
    before = Number.MAX_SAFE_INTEGER,
  }: { readonly limit?: number; readonly before?: number } = {},
): Promise<HistoryEntry[]> {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST_ENTRIES)
    throw new DeltaError('invalid_request', `Invalid limit ${limit}: it must be from 1 to ${MOST_ENTRIES}.`);
  const log = await listWholeLog(files);
  const commits = [...log.commits].sort(([a], [b]) => a - b);
  const times = risingTimes(commits.map(([, file]) => file.modified_ms));
  const wanted = commits
    .map(([version, file], at) => ({ version, file, time: times[at]! }))
    .filter(({ version }) => version < before)
    .reverse()
    .slice(0, limit);
  const entries: HistoryEntry[] = [];
  for await (const entry of inOrder(
    wanted,
    COMMITS_AT_ONCE,
    async ({ version, file, time }): Promise<HistoryEntry> => {
      const info = (await readCommitInfo(files, file)) ?? {};
      return {
        version,
        timestamp_ms: inCommitTimestamp(info) ?? time,
        operation: text(info, 'operation'),
        user_name: text(info, 'userName'),
        engine: text(info, 'engineInfo') ?? text(info, 'clientVersion'),
        info,
      };
    },
  ))
    entries.push(entry);
  return entries;
}

function text(info: JsonObject, name: string): string | undefined {
  const value = own(info, name);
  return typeof value === 'string' ? value : undefined;
}
