import {
  ArtifactError,
  type ArtifactPath,
  type ArtifactRepository,
  type FileInfo,
  joinPaths,
  parseArtifactPath,
  ROOT,
} from '@bitacora/artifacts';

/** A file or folder somewhere below another folder. */
export interface EntryBelow extends FileInfo {
  /** From that folder on: names between slashes, none of them `..`. */
  readonly path: ArtifactPath;
}

/** Folders in one another. A link may lead back to a folder above it, and the way down would have no end. */
const MOST_LEVELS = 100;

/**
 * All that is below a folder, however much, each folder before what is in it. A store's listing is asked for page by
 * page, as the entries are taken. A folder that does not exist, or a file, has nothing below.
 *
 * @throws ArtifactError invalid_path for a name that nobody could ask for, and for folders too deep in one another.
 */
export async function* entriesBelow(
  artifacts: ArtifactRepository,
  folder: ArtifactPath,
): AsyncGenerator<EntryBelow> {
  const listFrom = (path: ArtifactPath) => ({
    path,
    entries: artifacts.list(joinPaths(folder, path))[Symbol.asyncIterator](),
  });
  const open = [listFrom(ROOT)];
  try {
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      const next = await last.entries.next();
      if (next.done) {
        open.pop();
        continue;
      }
      const path = joinPaths(last.path, parseArtifactPath(next.value.path));
      yield { ...next.value, path };
      if (!next.value.is_dir) continue;
      if (open.length === MOST_LEVELS) throw tooDeep(path);
      open.push(listFrom(path));
    }
  } finally {
    await Promise.all(open.map(({ entries }) => entries.return?.()));
  }
}

const tooDeep = (path: ArtifactPath) =>
  new ArtifactError(
    'invalid_path',
    `More than ${MOST_LEVELS} folders are in one another, from '${path.split('/', 1)[0]}' on. Ask for a folder further down.`,
  );
