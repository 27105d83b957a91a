import { isAbsolute, relative, resolve, sep } from 'node:path';
import {
  ArtifactError,
  type ArtifactPath,
  type ArtifactRepository,
  joinPaths,
  LocalArtifactRepository,
  parseArtifactPath,
  parseArtifactUri,
} from '@bitacora/artifacts';
import { MlflowError } from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { checkPlace, placeInWorkspace } from '../workspaces/artifact-place.ts';

/** Where files are: a store, and the path in it. */
export interface Place {
  readonly artifacts: ArtifactRepository;
  readonly path: ArtifactPath;
}

/**
 * The place of a path below an artifact URI.
 *
 * A local folder is served only where it lies within the proxied store, or is the artifacts folder of something in a
 * file store: anyone who may create an experiment chooses its location, and must not thereby read the server's disk.
 *
 * @throws ArtifactError, or MlflowError INVALID_PARAMETER_VALUE when the URI leads to another store.
 */
export async function placeOf(
  deps: Pick<ReadDeps, 'db' | 'settings' | 'workspace' | 'scope' | 'artifacts'>,
  root_uri: string,
  path: string,
): Promise<Place> {
  const { artifacts, settings } = deps;
  const below = parseArtifactPath(path);
  const location = parseArtifactUri(root_uri);
  if (location.kind === 'proxied')
    return { artifacts, path: await placeInWorkspace(deps, joinPaths(location.path, below)) };
  if (location.kind === 'local') {
    const served = pathWithin(settings.artifactsDestination, location.path);
    if (served !== undefined) return { artifacts, path: await checkPlace(deps, joinPaths(served, below)) };
    const kept = settings.fileStore === undefined ? undefined : pathWithin(settings.fileStore, location.path);
    if (kept !== undefined && IN_FILE_STORE.test(kept)) {
      const folder = new LocalArtifactRepository(settings.fileStore ?? '');
      return { artifacts: folder, path: joinPaths(kept, below) };
    }
    throw new ArtifactError(
      'unsupported',
      'These artifacts are in a folder that this server does not serve. Read them from there directly.',
    );
  }
  throw new MlflowError(
    'NOT_IMPLEMENTED',
    `These artifacts are in a store (${location.scheme}:) that this server does not serve. Read them from there directly.`,
  );
}

/** The artifacts of a run, logged model or trace; what lies beside them is for the store alone. */
const IN_FILE_STORE = /^[^/]+\/(?:(?:models|traces)\/)?[^/]+\/artifacts(?:\/|$)/;

function pathWithin(folder: string, path: string): ArtifactPath | undefined {
  const inside = relative(resolve(folder), resolve(path));
  const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return isOutside ? undefined : parseArtifactPath(inside.split(sep).join('/'));
}
