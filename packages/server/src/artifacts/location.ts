import { isAbsolute, relative, resolve, sep } from 'node:path';
import {
  ArtifactError,
  type ArtifactLocation,
  type ArtifactPath,
  type ArtifactRepository,
  joinPaths,
  parseArtifactPath,
  parseArtifactUri,
  refuseHostAddressed,
} from '@bitacora/artifacts';
import type { ReadDeps, Settings } from '../deps.ts';
import { checkPlace, placeInWorkspace } from '../workspaces/artifact-place.ts';

/** Where files are: a store, and the path in it. */
export interface Place {
  readonly artifacts: ArtifactRepository;
  readonly path: ArtifactPath;
}

/** What it takes to find a place. */
export type PlaceDeps = Pick<ReadDeps, 'db' | 'workspace' | 'scope' | 'artifacts' | 'stores'> & {
  readonly settings: Pick<Settings, 'artifactsDestination' | 'artifactReach' | 'fileStore'>;
};

/**
 * The place of a path below an artifact URI.
 *
 * A local folder is served only where it lies within the proxied store, or is the artifacts folder of something in a
 * file store: anyone who may create an experiment chooses its location, and must not thereby read the server's disk.
 * A bucket is opened with the server's credentials, and a host only where the operator named it, both as MLflow has it.
 *
 * @throws ArtifactError
 */
export async function placeOf(deps: PlaceDeps, root_uri: string, path: string): Promise<Place> {
  const { artifacts, settings, stores } = deps;
  const below = parseArtifactPath(path);
  const location = parseArtifactUri(root_uri);
  if (location.kind === 'proxied')
    return { artifacts, path: await placeInWorkspace(deps, joinPaths(location.path, below)) };
  if (location.kind === 'local') {
    const home = parseArtifactUri(settings.artifactsDestination);
    const served = home.kind === 'local' ? pathWithin(home.path, location.path) : undefined;
    if (served !== undefined) return { artifacts, path: await checkPlace(deps, joinPaths(served, below)) };
    const kept = settings.fileStore === undefined ? undefined : pathWithin(settings.fileStore, location.path);
    if (kept !== undefined && IN_FILE_STORE.test(kept)) {
      return { artifacts: await stores.at(settings.fileStore ?? ''), path: joinPaths(kept, below) };
    }
    throw new ArtifactError(
      'unsupported',
      'These artifacts are in a folder that this server does not serve. Read them from there directly.',
    );
  }
  const served = uriWithin(settings.artifactsDestination, location);
  if (served !== undefined) return { artifacts, path: await checkPlace(deps, joinPaths(served, below)) };
  refuseHostAddressed(root_uri, 'artifact location', settings.artifactReach);
  return { artifacts: await stores.at(root_uri), path: below };
}

/** The artifacts of a run, logged model or trace; what lies beside them is for the store alone. */
const IN_FILE_STORE = /^[^/]+\/(?:(?:models|traces)\/)?[^/]+\/artifacts(?:\/|$)/;

/** The path below the proxied store of a location in the same store; undefined for one that lies elsewhere. */
function uriWithin(destination: string, location: ArtifactLocation): ArtifactPath | undefined {
  const outer = parseArtifactUri(destination);
  if (outer.kind !== 'store' || location.kind !== 'store') return undefined;
  if (outer.scheme !== location.scheme || outer.authority !== location.authority) return undefined;
  const prefix = outer.path === '' ? '' : `${outer.path}/`;
  return `${location.path}/`.startsWith(prefix)
    ? parseArtifactPath(location.path.slice(prefix.length))
    : undefined;
}

function pathWithin(folder: string, path: string): ArtifactPath | undefined {
  const inside = relative(resolve(folder), resolve(path));
  const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return isOutside ? undefined : parseArtifactPath(inside.split(sep).join('/'));
}
