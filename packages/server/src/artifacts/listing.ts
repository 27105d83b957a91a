import { type ArtifactPath, parseArtifactPath, pathOfListed } from '@bitacora/artifacts';
import type { FileInfo } from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { type Place, placeOf } from './location.ts';

/** Names that cannot be listed are told, but not without end. */
const MOST_LEFT_OUT = 100;

/** A folder below an artifact URI; the paths of its entries are relative to that URI. */
export async function listFolder(deps: ReadDeps, root_uri: string, path: string) {
  const folder = parseArtifactPath(path);
  const listing = await listPlace(await placeOf(deps, root_uri, path), (name) => pathOfListed(folder, name));
  return { root_uri, ...listing };
}

/**
 * What is in a folder. A name that other programs have put there, and that no request could hold, keeps nobody from the
 * rest: it is told apart.
 *
 * @param pathOf gives the path that a name is told as; undefined for one that cannot be.
 */
export async function listPlace(
  { artifacts, path: folder }: Place,
  pathOf: (name: string) => ArtifactPath | undefined,
): Promise<{ files?: FileInfo[]; left_out?: string[] }> {
  const files: FileInfo[] = [];
  const left_out: string[] = [];
  for await (const { path: name, is_dir, file_size } of artifacts.list(folder)) {
    const path = pathOf(name);
    if (path !== undefined) files.push({ path, is_dir, ...(file_size === undefined ? {} : { file_size }) });
    else if (left_out.length < MOST_LEFT_OUT) left_out.push(name);
  }
  return { ...(files.length > 0 && { files }), ...(left_out.length > 0 && { left_out }) };
}
