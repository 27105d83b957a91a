import { crc32 } from 'node:zlib';
import type { Fields } from './actions.ts';
import { corrupt, DeltaError, reasonOf, show } from './error.ts';
import { type FilePath, parseFilePath, placeOf } from './file-path.ts';
import { parseRowSet, type RowSet } from './roaring.ts';
import type { TableFiles } from './table-files.ts';
import { decodeZ85 } from './z85.ts';

/** Which rows of a data file are deleted, and where that is written. */
export interface DeletionVector {
  /** `u` a file of the table, `p` a file at an absolute path, `i` in the log itself. */
  readonly storage_type: string;
  readonly path_or_inline: string;
  readonly offset: number | undefined;
  readonly size_bytes: number;
  /** Rows deleted. */
  readonly cardinality: number;
  /** The protocol's `uniqueId`: tells a file's successive vectors apart. */
  readonly id: string;
}

/** A vector over 2^31 rows of a file is at most some 270 MB; more is a mistake or an attack. */
const MOST_BYTES = 300 * 1024 * 1024;
/** Base85 of the 16 bytes of a UUID. */
const UUID_LENGTH = 20;

export function parseDeletionVector(fields: Fields): DeletionVector {
  const storage = fields.text('storageType');
  const path = fields.text('pathOrInlineDv');
  const offset = fields.optionalWhole('offset');
  return {
    storage_type: storage,
    path_or_inline: path,
    offset,
    size_bytes: fields.whole('sizeInBytes'),
    cardinality: fields.whole('cardinality'),
    id: `${storage}${path}${offset === undefined ? '' : `@${offset}`}`,
  };
}

/**
 * @param dataPath the file whose rows it deletes, for messages
 * @throws DeltaError corrupt, file_missing, outside, too_large, unsupported
 */
export async function readDeletionVector(
  files: TableFiles,
  vector: DeletionVector,
  dataPath: string,
): Promise<RowSet> {
  if (vector.size_bytes > MOST_BYTES) {
    throw new DeltaError(
      'too_large',
      `The deletion vector of '${show(dataPath)}' has ${vector.size_bytes} bytes; at most ${MOST_BYTES} are read.`,
    );
  }
  const where = `deletion vector of ${dataPath}`;
  const bytes =
    vector.storage_type === 'i' ? inlineBytes(vector, where) : await storedBytes(files, vector, where);
  let rows: RowSet;
  try {
    rows = parseRowSet(bytes);
  } catch (error) {
    throw corrupt(where, reasonOf(error), { cause: error });
  }
  if (rows.size !== vector.cardinality)
    throw corrupt(where, `it deletes ${rows.size} rows where the log says ${vector.cardinality}`);
  return rows;
}

function inlineBytes(vector: DeletionVector, where: string): Uint8Array {
  const bytes = decodeZ85(vector.path_or_inline);
  if (bytes === undefined || bytes.length < vector.size_bytes) throw corrupt(where, 'its text is not Z85');
  return bytes.subarray(0, vector.size_bytes);
}

async function storedBytes(files: TableFiles, vector: DeletionVector, where: string): Promise<Uint8Array> {
  const path = placeOf(vectorFile(vector, files.uri, where));
  const start = vector.offset ?? 0;
  // Before the bytes stands their number, after them their checksum, both big-endian.
  const stored = await files.read(path, { start, end: start + vector.size_bytes + 8 });
  if (stored.length !== vector.size_bytes + 8) throw corrupt(path, `it ends within the ${where}`);
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  if (view.getUint32(0) !== vector.size_bytes)
    throw corrupt(
      path,
      `at ${start} the ${where} has ${view.getUint32(0)} bytes where the log says ${vector.size_bytes}`,
    );
  const bytes = stored.subarray(4, 4 + vector.size_bytes);
  if (view.getUint32(4 + vector.size_bytes) !== crc32(bytes))
    throw corrupt(path, `the checksum of the ${where} is wrong`);
  return bytes;
}

/** Where a vector that is not in the log is kept. */
export function vectorFile(vector: DeletionVector, tableUri: string | undefined, where: string): FilePath {
  if (vector.storage_type === 'p') return parseFilePath(vector.path_or_inline, tableUri);
  if (vector.storage_type !== 'u') {
    throw new DeltaError(
      'unsupported',
      `The ${show(where)} is stored as '${show(vector.storage_type)}'; known are u, p and i.`,
    );
  }
  const prefix = vector.path_or_inline.slice(0, -UUID_LENGTH);
  const uuid = decodeZ85(vector.path_or_inline.slice(-UUID_LENGTH));
  if (uuid?.length !== 16) throw corrupt(where, 'its name is not the Z85 of a UUID');
  const hex = Buffer.from(uuid)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (prefix !== '' && !/^[A-Za-z0-9_-]+$/.test(prefix))
    throw corrupt(where, `its folder '${show(prefix)}' is not a name`);
  return { path: `${prefix === '' ? '' : `${prefix}/`}deletion_vector_${hex}.bin` };
}
