import { posix } from 'node:path';
import { inOrder } from './concurrency.ts';
import { vectorFile } from './deletion-vector.ts';
import type { FilePath } from './file-path.ts';
import type { Snapshot } from './snapshot.ts';
import type { TableFiles } from './table-files.ts';

export interface MissingFiles {
  /** Data files and deletion vectors of the snapshot that are not in the store any more. */
  readonly count: number;
  /** The first of them, by path. */
  readonly paths: readonly string[];
  /** Files at absolute addresses outside of the table, which are not looked for. */
  readonly unchecked_count: number;
}

const MOST_PATHS = 100;
const FOLDERS_AT_ONCE = 8;

/** What a VACUUM, or somebody's hand, has taken from a snapshot: its rows cannot all be read when anything is missing. */
export async function findMissingFiles(snapshot: Snapshot, signal?: AbortSignal): Promise<MissingFiles> {
  const folders = new Map<string, Set<string>>();
  let unchecked = 0;
  const expect = (file: FilePath) => {
    if ('elsewhere' in file) {
      unchecked++;
      return;
    }
    const name = posix.dirname(file.path);
    const folder = name === '.' ? '' : name;
    const names = folders.get(folder) ?? new Set();
    folders.set(folder, names.add(file.path));
  };
  for (const { location, deletion_vector: vector, path } of snapshot.files) {
    expect(location);
    if (vector !== undefined && vector.storage_type !== 'i')
      expect(vectorFile(vector, snapshot.source.uri, `deletion vector of ${path}`));
  }
  const missing: string[] = [];
  for await (const names of inOrder([...folders], FOLDERS_AT_ONCE, ([folder, names]) =>
    without(snapshot.source, folder, names),
  )) {
    signal?.throwIfAborted();
    for (const path of names) missing.push(path);
  }
  missing.sort();
  return { count: missing.length, paths: missing.slice(0, MOST_PATHS), unchecked_count: unchecked };
}

async function without(
  files: TableFiles,
  folder: string,
  expected: Set<string>,
): Promise<ReadonlySet<string>> {
  for await (const { path } of files.list(folder)) {
    expected.delete(path);
    if (expected.size === 0) break;
  }
  return expected;
}
