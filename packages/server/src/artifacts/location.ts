import { relative, resolve, sep } from 'node:path';
import {
  ArtifactError,
  type ArtifactPath,
  joinPaths,
  parseArtifactPath,
  parseArtifactUri,
} from '@bitacora/artifacts';
import { MlflowError } from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { checkPlace, placeInWorkspace } from '../workspaces/artifact-place.ts';

/**
 * The place in the proxied store of a path below an artifact URI.
 *
 * A local folder is served only where it lies within the store: anyone who may create an experiment chooses its
 * location, and must not thereby read the server's disk.
 *
 * @throws ArtifactError, or MlflowError INVALID_PARAMETER_VALUE when the URI leads to another store.
 */
export async function placeOf(
  deps: Pick<ReadDeps, 'db' | 'settings' | 'workspace' | 'scope'>,
  root_uri: string,
  path: string,
): Promise<ArtifactPath> {
  const below = parseArtifactPath(path);
  const location = parseArtifactUri(root_uri);
  if (location.kind === 'proxied') return placeInWorkspace(deps, joinPaths(location.path, below));
  if (location.kind === 'local') {
    const inside = relative(resolve(deps.settings.artifactsDestination), resolve(location.path));
    if (inside !== '..' && !inside.startsWith(`..${sep}`)) {
      return checkPlace(deps, joinPaths(parseArtifactPath(inside), below));
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
