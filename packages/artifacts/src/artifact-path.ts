import { posix } from 'node:path';
import { ArtifactError, show } from './error.ts';

/** A path below the root of a store: `/` between names, no name empty, `.` or `..`. Empty for the root itself. */
export type ArtifactPath = string & { readonly brand: 'ArtifactPath' };

export const ROOT = '' as ArtifactPath;

/** Limits of Linux file systems, in bytes: one name, and a whole path with room for the root before it. */
const MOST_NAME_BYTES = 255;
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
  if (path.split('/').some((name) => Buffer.byteLength(name) > MOST_NAME_BYTES)) {
    throw invalidPath(text, `one of its names is longer than ${MOST_NAME_BYTES} bytes`);
  }
  return path as ArtifactPath;
}

/**
 * A path that names a file as it is, and that nobody will decode: other programs' files may be called `a#b` or `k=%2F`,
 * where `parseArtifactPath` refuses what a client might be led astray by.
 *
 * @throws ArtifactError invalid_path
 */
export function literalPath(text: string): ArtifactPath {
  const names = text.split('/');
  if (text !== '' && names.some((name) => name === '' || name === '.' || name === '..'))
    throw invalidPath(text, 'one of its names is empty, . or ..');
  if (!text.isWellFormed() || text.includes('\0')) throw invalidPath(text, 'it is not valid Unicode');
  return text as ArtifactPath;
}

/** @throws ArtifactError invalid_path, showing `given`, when any decoding of `text` is refused. */
function judge(text: string, given: string): void {
  let decoded = text;
  for (let round = 0; ; round++) {
    const reason = refuse(decoded);
    if (reason !== undefined) throw invalidPath(given, reason);
    const next = decode(decoded);
    if (next === decoded) return;
    if (round === MOST_DECODINGS) throw invalidPath(given, 'it is percent-encoded too often');
    decoded = next;
  }
}

/**
 * One round of percent-decoding. ASCII escapes are decoded one by one: a malformed neighbour must not shield them. What
 * is no valid escape stands for itself: `100%` is a name.
 */
const decode = (text: string): string =>
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
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not pass.
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'it holds control characters';
  if (text.includes('\\')) return 'it holds a backslash';
  if (text.includes('#')) return 'it holds a #';
  if (text.startsWith('/')) return 'it is absolute';
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:(?:\/|$)/.test(text)) return 'it begins with a scheme or a drive';
  if (text.split('/').includes('..')) return 'it leads upwards with ..';
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
