import { posix } from 'node:path';
import { ArtifactError, show } from './error.ts';

/** A path below the root of a store: `/` between names, no name empty, `.` or `..`. Empty for the root itself. */
export type ArtifactPath = string & { readonly brand: 'ArtifactPath' };

export const ROOT = '' as ArtifactPath;

/** Linux takes 4096 bytes, with the root before it. How long one name may be is for each store to say. */
const MOST_PATH_BYTES = 3000;

/** Encoded more often than this, a path is an attack, not a name. */
const MOST_DECODINGS = 10;

/**
 * The one reading of every path that a caller gives, already decoded once by the transport. It is judged in every
 * decoding, down to where decoding changes nothing, and kept as it came.
 *
 * @throws ArtifactError invalid_path
 */
export function parseArtifactPath(text: string): ArtifactPath {
  judge(text, text);
  const path = text
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
  // What was dropped may have hidden the start of it: `./%2f` is `%2f`.
  judge(path, text);
  if (Buffer.byteLength(path) > MOST_PATH_BYTES)
    throw invalidPath(text, `it is longer than ${MOST_PATH_BYTES} bytes`);
  return path as ArtifactPath;
}

/**
 * A path that names a file as it is, and that nobody will decode: other programs' files may be called `k=%2F`, where
 * `parseArtifactPath` refuses what a client might be led astray by.
 *
 * @throws ArtifactError invalid_path
 */
export function literalPath(text: string): ArtifactPath {
  const names = text.split('/');
  const isUpward = text.split(/[/\\]/).includes('..');
  if (isUpward || (text !== '' && names.some((name) => name === '' || name === '.')))
    throw invalidPath(text, 'one of its names is empty, . or ..');
  if (!text.isWellFormed() || text.includes('\0')) throw invalidPath(text, 'it is not valid Unicode');
  return text as ArtifactPath;
}

/** Names of these characters mean themselves wherever they stand. */
const PLAIN = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;

/**
 * The path of what the listing of a folder names; undefined for a name that no caller can ask for. Stores are written to
 * by other programs too, and hold what those have put there.
 */
export function pathOfListed(folder: ArtifactPath, name: string): ArtifactPath | undefined {
  const path = folder === '' ? name : `${folder}/${name}`;
  if (PLAIN.test(name) && path.length < MOST_PATH_BYTES / 3) return path as ArtifactPath;
  try {
    const parsed = parseArtifactPath(path);
    return parsed === path ? parsed : undefined;
  } catch (error) {
    if (error instanceof ArtifactError) return undefined;
    throw error;
  }
}

/**
 * A path under which something new is to be stored: none whose name MLflow's client could not take from a listing.
 *
 * @throws ArtifactError invalid_path
 */
export function parseNewArtifactPath(text: string): ArtifactPath {
  const path = parseArtifactPath(text);
  if (isBeyondClients(path))
    throw invalidPath(
      text,
      "it holds a # or a control character, and MLflow's client could not list its folder",
    );
  return path;
}

/**
 * Whether a name holds, encoded or not, a `#`, at which a whole listing ends in an error in MLflow's client, or a control
 * character, which it drops or encodes.
 */
export function isBeyondClients(name: string): boolean {
  if (/[#\p{Cc}]/u.test(name)) return true;
  const decoded = name.includes('%') ? decodePath(name) : name;
  return decoded !== name && isBeyondClients(decoded);
}

/** @throws ArtifactError invalid_path, showing `given`, when any decoding of `text` is refused. */
function judge(text: string, given: string): void {
  let decoded = text;
  for (let round = 0; ; round++) {
    const reason = refuse(decoded);
    if (reason !== undefined) throw invalidPath(given, reason);
    const next = decodePath(decoded);
    if (next === decoded) return;
    if (round === MOST_DECODINGS) throw invalidPath(given, 'it is percent-encoded too often');
    decoded = next;
  }
}

/**
 * One round of percent-decoding. ASCII escapes are decoded one by one: a malformed neighbour must not shield them. What
 * is no valid escape stands for itself: `100%` is a name.
 */
export const decodePath = (text: string): string =>
  text
    .replace(/%[0-7][0-9a-fA-F]/g, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)))
    .replace(/(?:%[89a-fA-F][0-9a-fA-F])+/g, (escapes) => {
      try {
        return decodeURIComponent(escapes);
      } catch {
        return escapes; // Not UTF-8, so no text either.
      }
    });

function refuse(text: string): string | undefined {
  if (!text.isWellFormed()) return 'it is not valid Unicode';
  if (text.includes('\0')) return 'it holds a NUL';
  // A backslash is a character like any other, but a path must lead nowhere else where it parts folders.
  const path = text.replaceAll('\\', '/');
  if (path.startsWith('/')) return 'it is absolute';
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:(?:\/|$)/.test(path)) return 'it begins with a scheme or a drive';
  if (path.split('/').includes('..')) return 'it leads upwards with ..';
  return undefined;
}

const invalidPath = (text: string, reason: string) =>
  new ArtifactError(
    'invalid_path',
    `Invalid path '${show(text)}': ${reason}. Give a relative path such as model/MLmodel.`,
  );

export const joinPaths = (...paths: readonly ArtifactPath[]): ArtifactPath =>
  paths.filter((path) => path !== '').join('/') as ArtifactPath;

export const baseName = (path: ArtifactPath): string => posix.basename(path);
