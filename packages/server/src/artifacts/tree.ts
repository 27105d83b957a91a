import {
  ArtifactError,
  type ArtifactPath,
  type ArtifactRepository,
  type FileInfo,
  joinPaths,
  literalPath,
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
 * @param onLeftOut is told what has a name that leads elsewhere. All others count, whoever put them there.
 * @throws ArtifactError invalid_path for folders too deep in one another.
 */
export async function* entriesBelow(
  artifacts: ArtifactRepository,
  folder: ArtifactPath,
  onLeftOut: (path: string) => void = () => undefined,
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
      const name = tryLiteral(next.value.path);
      if (name === undefined) {
        onLeftOut(`${last.path}/${next.value.path}`.replace(/^\//, ''));
        continue;
      }
      const path = joinPaths(last.path, name);
      yield { ...next.value, path };
      if (!next.value.is_dir) continue;
      if (open.length === MOST_LEVELS) throw tooDeep(path);
      open.push(listFrom(path));
    }
  } finally {
    await Promise.all(open.map(({ entries }) => entries.return?.()));
  }
}

function tryLiteral(name: string): ArtifactPath | undefined {
  try {
    return literalPath(name);
  } catch (error) {
    if (error instanceof ArtifactError) return undefined;
    throw error;
  }
}

const tooDeep = (path: ArtifactPath) =>
  new ArtifactError(
    'invalid_path',
    `More than ${MOST_LEVELS} folders are in one another, from '${path.split('/', 1)[0]}' on. Ask for a folder further down.`,
  );
