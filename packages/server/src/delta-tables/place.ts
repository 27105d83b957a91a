import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import {
  ArtifactError,
  type ArtifactPath,
  type ArtifactStores,
  hidePassword,
  literalPath,
  refuseHostAddressed,
  STORE_SCHEMES,
  type StoreScheme,
} from '@bitacora/artifacts';
import { LocalTableFiles, type TableFiles } from '@bitacora/delta';
import { MlflowError, preview } from '@bitacora/protocol';
import type { Settings } from '../deps.ts';
import { isCatalogName, normalise } from './source.ts';
import { StoreTableFiles } from './store-table-files.ts';

/** Where a table that may be read is. Plain data: it goes to another process. */
export type TablePlace =
  /** A folder of this machine with all links followed. */
  | { readonly kind: 'local'; readonly folder: string }
  | {
      readonly kind: 'store';
      readonly scheme: StoreScheme;
      readonly authority: string;
      readonly path: string;
      /** As the log's absolute paths begin. */
      readonly uri: string;
    };

type PlaceSettings = Pick<Settings, 'deltaTableLocations' | 'workspacesEnabled' | 'artifactReach'>;

interface StoreLocation {
  readonly scheme: StoreScheme;
  readonly authority: string;
  readonly path: ArtifactPath;
}

/** Hosts that a caller's word must not make this server connect to; of clouds, artifacts' own rules decide. */
const ONLY_NAMED: ReadonlySet<string> = new Set(['sftp', 'http', 'https']);

const REMEDY = 'Let the operator name its place, or one above it, in --delta-table-locations.';

/**
 * Where a table is, if it may be read: any client can name any path. Clouds are opened as for artifacts; folders of this
 * machine and hosts only below what the operator named, and with workspaces on nothing else at all.
 *
 * @param location in its one spelling
 * @throws MlflowError saying why not and what would help
 */
export async function findTable(settings: PlaceSettings, location: string): Promise<TablePlace> {
  const shown = preview(hidePassword(location));
  if (location === '') throw refused('The source names no table.');
  if (isCatalogName(location))
    throw unsupported(
      `The table '${preview(location.slice('catalog:'.length))}' is known by its name in a catalog, which this server does not ask. Log its path to have the snapshot recorded: mlflow.data.load_delta(path=…).`,
    );
  if (location.startsWith('/')) return findLocal(settings, location);
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(location)?.[1];
  if (scheme === undefined)
    throw unsupported(
      `The path '${shown}' is relative to where it was logged, which this server does not know. Log an absolute path or a URI.`,
    );
  if (scheme === 'dbfs')
    throw unsupported(
      `The table '${shown}' is in the file system of a Databricks workspace, which this server cannot open. Log the URI of the bucket that it is in.`,
    );
  if (!(STORE_SCHEMES as readonly string[]).includes(scheme))
    throw unsupported(
      `The table '${shown}' is in a store that this server cannot open. Known are ${STORE_SCHEMES.map((known) => `${known}:`).join(', ')} and folders of its own machine.`,
    );
  return findInStore(settings, location, shown);
}

async function findLocal(settings: PlaceSettings, location: string): Promise<TablePlace> {
  const real = await realOf(location);
  for (const named of settings.deltaTableLocations.map(normalise)) {
    if (!named.startsWith('/')) continue;
    const root = await realOf(named);
    if (real !== undefined && root !== undefined && isWithin(real, root, sep))
      return { kind: 'local', folder: real };
    if (real === undefined && isWithin(location, named, '/'))
      throw new MlflowError(
        'RESOURCE_DOES_NOT_EXIST',
        `There is no folder '${preview(location)}' on this server's machine. Share it with the server, or log a path that the server has too.`,
      );
  }
  throw refused(`This server may not read the folder '${preview(location)}'. ${REMEDY}`);
}

async function realOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    return undefined;
  }
}

const isWithin = (path: string, root: string, separator: string): boolean =>
  path === root || path.startsWith(root.endsWith(separator) ? root : root + separator);

function findInStore(settings: PlaceSettings, location: string, shown: string): TablePlace {
  const store = parseStore(location, shown);
  const place = (authority: string): TablePlace => ({ kind: 'store', ...store, authority, uri: location });
  for (const text of settings.deltaTableLocations) {
    const named = normalise(text);
    if (named.startsWith('/')) continue;
    const home = parseStore(named, preview(hidePassword(text)));
    const isBelow = home.path === '' || isWithin(store.path, home.path, '/');
    if (hostOf(home) !== hostOf(store) || !isBelow) continue;
    // With the operator's user and password, where the location has them.
    return place(ONLY_NAMED.has(store.scheme) ? home.authority : store.authority);
  }
  if (settings.workspacesEnabled)
    throw refused(
      `With workspaces on, this server reads no table that is not named to it: '${shown}'. ${REMEDY}`,
    );
  if (ONLY_NAMED.has(store.scheme))
    throw refused(`This server may not connect to the host of '${shown}' for a table. ${REMEDY}`);
  try {
    refuseHostAddressed(location, 'Delta table location', settings.artifactReach);
  } catch (error) {
    if (error instanceof ArtifactError)
      throw refused(`This server may not connect to the host of '${shown}' for a table. ${REMEDY}`);
    throw error;
  }
  return place(store.authority);
}

function parseStore(location: string, shown: string): StoreLocation {
  const match = /^([^:]+):\/\/(arn:[^/]*:accesspoint\/[^/?]+|[^/?]*)\/?(.*)$/s.exec(location);
  const [, scheme = '', authority = '', path = ''] = match ?? [];
  if (authority === '')
    throw unsupported(`The path '${shown}' names no bucket, container or host. Write it as s3://name/path.`);
  if (path.includes('?')) throw unsupported(`The path '${shown}' holds a '?', which is not read here.`);
  return { scheme: scheme as StoreScheme, authority, path: literalPath(path.replace(/^\/+/, '')) };
}

/** Bucket, container or host in one spelling, whoever the user is. */
function hostOf({ scheme, authority }: StoreLocation): string {
  if (scheme === 'wasbs' || scheme === 'abfss')
    return `azure://${authority.toLowerCase().replace(/\.(?:blob|dfs)\./, '.')}`;
  if (ONLY_NAMED.has(scheme))
    return `${scheme}://${authority.slice(authority.lastIndexOf('@') + 1).toLowerCase()}`;
  return `${scheme}://${authority}`;
}

/** Opens what `findTable` has found; the folder is looked at once more, for links may have come since. */
export async function openTable(
  stores: ArtifactStores,
  place: TablePlace,
  signal?: AbortSignal,
): Promise<TableFiles> {
  if (place.kind === 'local') {
    if ((await realOf(place.folder)) !== place.folder)
      throw refused(`The folder '${preview(place.folder)}' has been replaced by a link meanwhile.`);
    return new LocalTableFiles(place.folder);
  }
  const { scheme, authority, path, uri } = place;
  return new StoreTableFiles(await stores.in(scheme, authority, literalPath(path)), uri, signal);
}

const refused = (message: string) => new MlflowError('PERMISSION_DENIED', message);
const unsupported = (message: string) => new MlflowError('NOT_IMPLEMENTED', message);
