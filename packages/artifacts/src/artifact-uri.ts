import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ArtifactPath, parseArtifactPath } from './artifact-path.ts';
import { ArtifactError, show } from './error.ts';

/** Where an artifact URI leads, from the server's side. */
export type ArtifactLocation =
  /** In the store behind this server's own proxy. */
  | { readonly kind: 'proxied'; readonly path: ArtifactPath }
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'other'; readonly scheme: string };

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
  return { kind: 'other', scheme };
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

/**
 * An artifact location that a caller chose, as it is stored; a local path is made absolute, as MLflow does.
 *
 * @throws ArtifactError invalid_uri
 */
export function checkArtifactLocation(uri: string): string {
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
  if (HOST_ADDRESSED.has(scheme) || /^mlflow-artifacts:\/\/[^/]/.test(uri)) {
    throw fail(
      `locations that name a host (${scheme}) are not allowed. Use mlflow-artifacts:/, a bucket or a folder`,
    );
  }
  return uri;
}

/**
 * A URI that a server or client would follow to a host of the caller's choice is refused; this server's own proxy is
 * not one.
 *
 * @throws ArtifactError invalid_uri
 */
export function refuseHostAddressed(uri: string, field: string): void {
  const scheme = schemeOf(uri);
  if (scheme === undefined || !HOST_ADDRESSED.has(scheme) || parseArtifactUri(uri).kind === 'proxied') return;
  throw new ArtifactError(
    'invalid_uri',
    `Invalid ${field} '${show(hidePassword(uri))}': locations that name a host (${scheme}) are not allowed. Use mlflow-artifacts:/, a bucket or a folder.`,
  );
}

const hidePassword = (uri: string) => uri.replace(/(\/\/[^/@:]*):[^/@]*@/, '$1:***@');
