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
  if (location.kind === 'store') {
    // Judged as a whole: a source may be a bucket alone, with all that leads into the proxied store in the path.
    const whole = { ...location, path: joinPaths(location.path, below) };
    const served = uriWithin(settings.artifactsDestination, whole);
    if (served !== undefined) return { artifacts, path: await checkPlace(deps, served) };
    if (deps.scope.isolated) refuseAround(settings.artifactsDestination, whole);
  }
  refuseHostAddressed(root_uri, 'artifact location', settings.artifactReach);
  return { artifacts: await stores.at(root_uri), path: below };
}

/** The artifacts of a run, logged model or trace; what lies beside them is for the store alone. */
const IN_FILE_STORE = /^[^/]+\/(?:(?:models|traces)\/)?[^/]+\/artifacts(?:\/|$)/;

type StoreLocation = Extract<ArtifactLocation, { readonly kind: 'store' }>;

/** The path below the proxied store of a location in the same store; undefined for one that lies elsewhere. */
function uriWithin(destination: string, location: StoreLocation): ArtifactPath | undefined {
  const outer = parseArtifactUri(destination);
  if (outer.kind !== 'store' || storeKey(outer) !== storeKey(location)) return undefined;
  const prefix = outer.path === '' ? '' : `${outer.path}/`;
  return `${location.path}/`.startsWith(prefix)
    ? parseArtifactPath(location.path.slice(prefix.length))
    : undefined;
}

/** A folder that holds the proxied store holds the files of every workspace. @throws ArtifactError */
function refuseAround(destination: string, location: StoreLocation): void {
  const inner = parseArtifactUri(destination);
  if (inner.kind !== 'store' || storeKey(inner) !== storeKey(location)) return;
  if (location.path !== '' && !`${inner.path}/`.startsWith(`${location.path}/`)) return;
  throw new ArtifactError(
    'invalid_path',
    'This folder holds the files of every workspace. Name one of your own below it.',
  );
}

/** The same for every spelling of a container's address; names of buckets have one spelling. */
function storeKey({ scheme, authority }: StoreLocation): string {
  if (scheme !== 'wasbs' && scheme !== 'abfss') return `${scheme}://${authority}`;
  return `azure://${authority.toLowerCase().replace(/\.(?:blob|dfs)\./, '.')}`;
}

function pathWithin(folder: string, path: string): ArtifactPath | undefined {
  const inside = relative(resolve(folder), resolve(path));
  const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return isOutside ? undefined : parseArtifactPath(inside.split(sep).join('/'));
}
