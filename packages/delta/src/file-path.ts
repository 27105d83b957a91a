import { DeltaError, show } from './error.ts';

/** A data or vector file as the log names it, decoded: below the table's folder, or an absolute URI elsewhere. */
export type FilePath = { readonly path: string } | { readonly elsewhere: string };

/**
 * A `path` of the log: a URI (RFC 2396) relative to the table's folder, or absolute.
 *
 * @throws DeltaError outside when it leads upwards, corrupt when it is no URI
 */
export function parseFilePath(text: string, tableUri: string | undefined): FilePath {
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) || text.startsWith('/')) {
    const below = withinTable(text, tableUri);
    return below === undefined ? { elsewhere: text } : { path: judge(decode(below), text) };
  }
  return { path: judge(decode(text), text) };
}

/** What remains of an absolute path after the table's own; schemes of one store differ only in name. */
function withinTable(text: string, tableUri: string | undefined): string | undefined {
  if (tableUri === undefined) return undefined;
  const folder = canonical(tableUri.endsWith('/') ? tableUri : `${tableUri}/`);
  const file = canonical(text.startsWith('/') ? `file:${text}` : text);
  return file.startsWith(folder) && file.length > folder.length ? file.slice(folder.length) : undefined;
}

/** Hadoop writes `file:/x`, others `file:///x`; `s3a` and `s3n` are Hadoop's names for `s3`. */
const canonical = (uri: string): string => uri.replace(/^file:\/{1,3}/, 'file:/').replace(/^s3[an]:/, 's3:');

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new DeltaError('corrupt', `The log names a file '${show(text)}', which is not a valid URI.`, {
      cause: error,
    });
  }
}

function judge(path: string, text: string): string {
  const names = path.split('/');
  if (names.includes('..') || names.includes('.') || names.includes('') || path.includes('\0')) {
    throw new DeltaError(
      'outside',
      `The log names a file '${show(text)}': a table may only name files below its own folder.`,
    );
  }
  return path;
}

/** @throws DeltaError outside */
export function placeOf(file: FilePath): string {
  if ('path' in file) return file.path;
  throw new DeltaError(
    'outside',
    `The file '${show(file.elsewhere)}' lies outside of the table's folder, as in a shallow clone. ` +
      'Only files below the table are read; make a deep copy of the table to read its rows here.',
  );
}
