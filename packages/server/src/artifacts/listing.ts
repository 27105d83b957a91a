import { joinPaths, parseArtifactPath } from '@bitacora/artifacts';
import type { FileInfo } from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { placeOf } from './location.ts';

/** A folder below an artifact URI; the paths of its entries are relative to that URI. */
export async function listFolder(deps: ReadDeps, root_uri: string, path: string) {
  const folder = parseArtifactPath(path);
  const place = await placeOf(deps, root_uri, path);
  const files: FileInfo[] = [];
  for await (const entry of place.artifacts.list(place.path))
    files.push({ ...entry, path: joinPaths(folder, parseArtifactPath(entry.path)) });
  return { root_uri, ...(files.length === 0 ? {} : { files }) };
}
