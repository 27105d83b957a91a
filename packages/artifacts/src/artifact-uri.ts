import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ArtifactPath, parseArtifactPath } from './artifact-path.ts';
import { ArtifactError, show } from './error.ts';

/** Where an artifact URI leads, from the server's side. */
export type ArtifactLocation =
  /** In the store behind this server's own proxy. */
  | { readonly kind: 'proxied'; readonly path: ArtifactPath }
  | { readonly kind: 'local'; readonly path: string }
  /** `authority` is what stands between `//` and the path: a bucket, a container and its account, a host. */
  | {
      readonly kind: 'store';
      readonly scheme: StoreScheme;
      readonly authority: string;
      readonly path: ArtifactPath;
    }
  | { readonly kind: 'other'; readonly scheme: string };

/** Schemes of the stores that can be opened. */
export const STORE_SCHEMES = ['s3', 'r2', 'b2', 'gs', 'wasbs', 'abfss', 'sftp', 'http', 'https'] as const;
export type StoreScheme = (typeof STORE_SCHEMES)[number];

/** Which hosts may be connected to for an artifact URI that a caller chose. Plain data: settings go to other threads. */
export interface ArtifactReach {
  /** The locations that the operator named; their hosts are known. */
  readonly homes: readonly string[];
  /** Schemes whose hosts may be any (MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES). */
  readonly anyHost: readonly string[];
}

/** MLflow's cap, in characters. */
const MOST_CHARACTERS = 2048;

/** Schemes whose authority is a host that the server would connect to on a caller's word. */
const HOST_ADDRESSED = new Set(['http', 'https', 'ftp', 'sftp', 'hdfs', 'viewfs', 'r2', 'b2', 'abfss']);

const PROXY_PATH = '/api/2.0/mlflow-artifacts/artifacts/';

/** `base` with names added to its path; a query stays at the end. */
export function joinArtifactUri(base: string, ...names: readonly string[]): string {
  const query = base.indexOf('?');
  const path = query < 0 ? base : base.slice(0, query);
  return [path.replace(/\/+$/, ''), ...names].join('/') + (query < 0 ? '' : base.slice(query));
}

/** @throws ArtifactError invalid_path when a proxied URI leads out of its store. */
export function parseArtifactUri(uri: string): ArtifactLocation {
  const scheme = schemeOf(uri);
  if (scheme === undefined) return { kind: 'local', path: uri };
  if (scheme === 'file') return { kind: 'local', path: toLocalPath(uri) };
  if (scheme === 'mlflow-artifacts') {
    return {
      kind: 'proxied',
      path: parseArtifactPath(uri.replace(/^mlflow-artifacts:(?:\/\/[^/]*)?\/*/, '')),
    };
  }
  const proxy = scheme === 'http' || scheme === 'https' ? uri.indexOf(PROXY_PATH) : -1;
  if (proxy >= 0) return { kind: 'proxied', path: parseArtifactPath(uri.slice(proxy + PROXY_PATH.length)) };
  return isStoreScheme(scheme) ? parseStoreUri(uri, scheme) : { kind: 'other', scheme };
}

const isStoreScheme = (scheme: string): scheme is StoreScheme =>
  (STORE_SCHEMES as readonly string[]).includes(scheme);

/** An access point's ARN goes on behind the first slash: `arn:aws:s3:<region>:<account>:accesspoint/<name>`. */
const STORE_URI = /^[^:]+:\/\/(arn:[^/]*:accesspoint\/[^/?]+|[^/?]*)\/?([^?]*)/;

function parseStoreUri(uri: string, scheme: StoreScheme): ArtifactLocation {
  const [, authority = '', path = ''] = STORE_URI.exec(uri) ?? [];
  if (authority === '' && scheme !== 'sftp') {
    throw new ArtifactError(
      'invalid_uri',
      `Invalid artifact location '${show(hidePassword(uri))}': it names no bucket, container or host. Write it as ${scheme}://name/path.`,
    );
  }
  return { kind: 'store', scheme, authority, path: parseArtifactPath(path.replace(/^\/+/, '')) };
}

const schemeOf = (uri: string) => /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase();

function toLocalPath(uri: string): string {
  if (!uri.startsWith('file://')) return uri.slice('file:'.length);
  try {
    return fileURLToPath(uri);
  } catch (error) {
    throw new ArtifactError(
      'invalid_uri',
      `Invalid artifact location '${show(uri)}': it is not a file URI of this machine.`,
      { cause: error },
    );
  }
}

/** Host and port of a host-addressed URI in one spelling, or undefined when it is none that can be read. */
function hostOf(uri: string): string | undefined {
  const scheme = schemeOf(uri);
  const authority = /^[^:/]+:\/\/([^/?#]*)/.exec(uri)?.[1];
  if (scheme === undefined || authority === undefined || /[\\\s]/.test(authority)) return undefined;
  // What stands before an @ is a user, but in abfss: and b2:, r2: a container or bucket, of which there may be several.
  const host = authority.slice(authority.lastIndexOf('@') + 1).toLowerCase();
  return `${scheme === 'http' ? 'https' : scheme}://${host}`;
}

function isWithinReach(uri: string, { homes, anyHost }: ArtifactReach): boolean {
  const host = hostOf(uri);
  if (host === undefined) return false;
  return anyHost.includes(schemeOf(uri) ?? '') || homes.some((home) => hostOf(home) === host);
}

/**
 * An artifact location that a caller chose, as it is stored; a local path is made absolute, as MLflow does.
 *
 * @throws ArtifactError invalid_uri
 */
export function checkArtifactLocation(uri: string, reach: ArtifactReach): string {
  const fail = (reason: string) =>
    new ArtifactError('invalid_uri', `Invalid artifact location '${show(hidePassword(uri))}': ${reason}.`);
  if (uri.length > MOST_CHARACTERS)
    throw fail(`it has ${uri.length} characters, at most ${MOST_CHARACTERS} are allowed`);
  const scheme = schemeOf(uri);
  if (scheme === 'runs' || scheme === 'models')
    throw fail(`${scheme}: URIs name what is stored, not where. Give the location itself`);
  let decoded = uri;
  for (let round = 0; round < 10; round++) {
    if (/[#;\\]/.test(decoded)) throw fail("it must not hold '#', ';' or a backslash");
    if (decoded.split(/[/?&=]/).includes('..')) throw fail("it must not hold '..'");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not pass.
    if (/[\u0000-\u001f\u007f]/.test(decoded)) throw fail('it must not hold control characters');
    const next = decoded.replace(/%([0-7][0-9a-fA-F])/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === decoded) break;
    decoded = next;
  }
  if (/^[^/]*:\/\/[^/]*@/.test(uri) && scheme !== 'wasbs' && scheme !== 'abfss')
    throw fail('it must not hold credentials');
  if (scheme === undefined) return resolve(uri);
  if (/^mlflow-artifacts:\/\/[^/]/.test(uri) || (HOST_ADDRESSED.has(scheme) && !isWithinReach(uri, reach)))
    throw fail(hostRefused(scheme));
  return uri;
}

const hostRefused = (scheme: string) =>
  `this server connects to no host for a location of the scheme ${scheme} but its own stores'. Use mlflow-artifacts:/, a bucket or a folder, or let the operator list the scheme in MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES`;

/**
 * A URI that a server or client would follow to a host of the caller's choice is refused; this server's own proxy is
 * not one.
 *
 * @throws ArtifactError invalid_uri
 */
export function refuseHostAddressed(uri: string, field: string, reach: ArtifactReach): void {
  const scheme = schemeOf(uri);
  if (scheme === undefined || !HOST_ADDRESSED.has(scheme) || parseArtifactUri(uri).kind === 'proxied') return;
  if (isWithinReach(uri, reach)) return;
  throw new ArtifactError(
    'invalid_uri',
    `Invalid ${field} '${show(hidePassword(uri))}': ${hostRefused(scheme)}.`,
  );
}

/** A password may itself hold an @. */
export const hidePassword = (uri: string) => uri.replace(/(\/\/[^/@:]*):[^/]*@/, '$1:***@');
