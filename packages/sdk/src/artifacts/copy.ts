import { createReadStream } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import {
  ArtifactError,
  type ArtifactPath,
  baseName,
  eachOf,
  joinPaths,
  LocalArtifactRepository,
  parseArtifactPath,
  parseNewArtifactPath,
  pathOfListed,
  ROOT,
} from '@bitacora/artifacts';
import type { OpenedArtifacts } from './open.ts';

/** Files under way at a time. */
const AT_ONCE = 8;

/**
 * Brings a file, or a folder with all in it, into a folder of this machine. Each file appears when it is complete.
 *
 * @param goal below `folder`; without it, the name of what is brought, or the folder itself for the root of a store.
 * @returns the path on this machine of what was brought.
 * @throws ArtifactError
 */
export async function downloadArtifacts(
  { artifacts, path }: Pick<OpenedArtifacts, 'artifacts' | 'path'>,
  folder: string,
  goal: ArtifactPath = parseArtifactPath(baseName(path)),
): Promise<string> {
  const local = new LocalArtifactRepository(resolve(folder));
  const bring = async (from: ArtifactPath, to: ArtifactPath) => {
    const file = await artifacts.find(from);
    await local.write(to, file.open(), file.size_bytes);
  };
  let count = 0;
  await eachOf(filesBelow(artifacts, path), AT_ONCE, (name) => {
    count++;
    return bring(joinPaths(path, name), joinPaths(goal, name));
  });
  // What lists nothing is a file, or is not there.
  if (count === 0 && path !== '') await bring(path, goal === '' ? parseArtifactPath(baseName(path)) : goal);
  return join(resolve(folder), goal);
}

/** @throws ArtifactError for a name that would lead elsewhere on this machine */
async function* filesBelow(
  artifacts: OpenedArtifacts['artifacts'],
  folder: ArtifactPath,
  below: ArtifactPath = ROOT,
): AsyncGenerator<ArtifactPath> {
  for await (const { path: name, is_dir } of artifacts.list(joinPaths(folder, below))) {
    const path = pathOfListed(below, name);
    if (path === undefined)
      throw new ArtifactError(
        'invalid_path',
        `The artifact '${name}' has a name that leads out of its folder.`,
      );
    if (is_dir) yield* filesBelow(artifacts, folder, path);
    else yield path;
  }
}

/** Stores a file of this machine under its own name. @throws ArtifactError */
export async function uploadArtifact(
  { artifacts, path }: Pick<OpenedArtifacts, 'artifacts' | 'path'>,
  file: string,
): Promise<void> {
  const { size } = await stat(file);
  const goal = joinPaths(path, parseNewArtifactPath(basename(resolve(file))));
  await artifacts.write(goal, createReadStream(file), size);
}

/** Stores all files below a folder of this machine. @returns how many. @throws ArtifactError */
export async function uploadArtifacts(
  { artifacts, path }: Pick<OpenedArtifacts, 'artifacts' | 'path'>,
  folder: string,
): Promise<number> {
  let count = 0;
  await eachOf(localFiles(folder, ''), AT_ONCE, async (name) => {
    const goal = joinPaths(path, parseNewArtifactPath(name));
    const file = join(folder, name);
    await artifacts.write(goal, createReadStream(file), (await stat(file)).size);
    count++;
  });
  return count;
}

/** Links to files count as files; links to folders are not followed, as in MLflow's clients. */
async function* localFiles(root: string, below: string): AsyncGenerator<string> {
  for await (const entry of await opendir(join(root, below))) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* localFiles(root, name);
    else if ((await stat(join(root, name))).isFile()) yield name;
  }
}
