import { firstAtLeast } from './binary-search.ts';
import type { DataFile } from './data-file.ts';
import { type Decoder, decoderOf, findNode } from './decode.ts';
import { readDeletionVector } from './deletion-vector.ts';
import { corrupt, DeltaError, orCorrupt, show } from './error.ts';
import { placeOf } from './file-path.ts';
import { openParquet, type ParquetFile } from './parquet.ts';
import type { ParquetNode } from './parquet-schema.ts';
import type { RowSet } from './roaring.ts';
import { type StructField, unknownWithin } from './schema.ts';
import type { Snapshot } from './snapshot.ts';
import type { Value } from './value.ts';

export interface RowsRequest {
  /** At most 10,000; 100 when left out. */
  readonly limit?: number;
  /** Rows passed over. */
  readonly offset?: number;
  /** Top-level columns in the order wanted; all in the schema's order when left out. */
  readonly columns?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface RowPage {
  readonly columns: readonly StructField[];
  /** Values in the order of the columns. */
  readonly rows: readonly (readonly Value[])[];
  /** Where the next page begins; undefined after the last. A page of large values may hold fewer rows than asked for. */
  readonly next_offset: number | undefined;
}

const MOST_ROWS = 10_000;
/** Read and decoded in one go. */
const WINDOW_ROWS = 8192;
const WINDOW_BYTES = 8 * 1024 * 1024;
/** A page ends when its values take about this much. */
const PAGE_BYTES = 16 * 1024 * 1024;

/**
 * Some rows of a table as of a snapshot, in the order of its files. Files, row groups and, where there is an index,
 * pages that hold none of them are not read.
 *
 * @throws DeltaError invalid_request, unsupported, corrupt, file_missing (after a VACUUM), outside, too_large
 */
export async function readRows(snapshot: Snapshot, request: RowsRequest = {}): Promise<RowPage> {
  const { limit = 100, offset = 0, signal } = request;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST_ROWS)
    throw new DeltaError('invalid_request', `Invalid limit ${limit}: it must be from 1 to ${MOST_ROWS}.`);
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new DeltaError('invalid_request', `Invalid offset ${offset}: it must be a whole number from 0 on.`);
  const columns = wantedColumns(snapshot, request.columns);
  const page: Value[][] = [];
  let before = 0;
  let bytes = 0;
  for (const file of snapshot.files) {
    signal?.throwIfAborted();
    const counted = file.row_count;
    if (counted !== undefined && before + counted <= offset) {
      before += counted;
      continue;
    }
    const scan = await orGone(snapshot, () => openScan(snapshot, file, columns));
    let next = Math.max(offset + page.length - before, 0);
    while (next < scan.row_count) {
      if (page.length >= limit || bytes >= PAGE_BYTES)
        return { columns, rows: page, next_offset: offset + page.length };
      signal?.throwIfAborted();
      const rows = await orGone(snapshot, () => scan.read(next, limit - page.length));
      for (const row of rows) {
        page.push(row);
        for (const value of row) bytes += sizeOf(value);
      }
      next += rows.length;
    }
    before += scan.row_count;
  }
  return { columns, rows: page, next_offset: undefined };
}

function wantedColumns(snapshot: Snapshot, names: readonly string[] | undefined): readonly StructField[] {
  const columns =
    names?.map((name) => {
      const found = snapshot.schema.fields.find((field) => field.name === name);
      if (found === undefined)
        throw new DeltaError(
          'invalid_request',
          `Invalid column '${show(name)}': version ${snapshot.version} of the table has no such column.`,
        );
      return found;
    }) ?? snapshot.schema.fields;
  for (const { name, type } of columns) {
    const unknown = unknownWithin(type);
    if (unknown !== undefined) {
      throw new DeltaError(
        'unsupported',
        `The column '${show(name)}' holds values of type '${show(unknown)}', which are not read here. Ask for other columns.`,
      );
    }
  }
  return columns;
}

/** Reading the rows of one file that are not deleted. */
interface FileScan {
  readonly row_count: number;
  /** At least one and at most `most` rows, from the `first` on that is not deleted. */
  read(first: number, most: number): Promise<Value[][]>;
}

/** A column of the page: the same value in all rows of a file, or what the file stores. */
type Source = { readonly value: Value } | { readonly node: ParquetNode; readonly decode: Decoder };

async function openScan(
  snapshot: Snapshot,
  file: DataFile,
  columns: readonly StructField[],
): Promise<FileScan> {
  const constants = columns.map((column) => constantOf(snapshot, file, column));
  const known = file.row_count;
  if (known !== undefined && constants.every((value) => value !== undefined)) {
    const row: Value[] = constants.map((value) => value ?? null);
    return {
      row_count: known,
      read: async (first, most) => Array.from({ length: Math.min(known - first, most) }, () => row),
    };
  }
  const path = placeOf(file.location);
  const parquet = await openData(snapshot, file, path);
  const vector = file.deletion_vector;
  const deleted = vector && (await readDeletionVector(snapshot.source, vector, path));
  const sources = columns.map((column, at): Source => {
    const constant = constants[at];
    const node = constant === undefined ? findNode(parquet.columns, column, snapshot.mapping) : undefined;
    if (node === undefined) return { value: constant ?? null };
    return { node, decode: decoderOf(column.type, node, snapshot.mapping, path) };
  });
  return new ParquetScan(path, parquet, deleted, sources);
}

/** A partition's value, or nothing for a type without values. */
function constantOf(snapshot: Snapshot, file: DataFile, column: StructField): Value | undefined {
  if (column.type.type === 'void') return null;
  return snapshot.partitionFields.includes(column)
    ? snapshot.partitionValues(file).get(column.name)
    : undefined;
}

async function openData(snapshot: Snapshot, file: DataFile, path: string): Promise<ParquetFile> {
  const parquet = await openParquet(snapshot.source, path, file.size_bytes);
  const counted = file.statistics?.num_records;
  if (counted !== undefined && counted !== parquet.row_count)
    throw corrupt(path, `it holds ${parquet.row_count} rows where the log says ${counted}`);
  if (
    snapshot.mapping === 'id' &&
    parquet.columns.length > 0 &&
    parquet.columns.every(({ id }) => id === undefined)
  )
    throw corrupt(path, 'it has no field ids, by which the table maps its columns');
  return parquet;
}

/** What a VACUUM leaves of an old version is its log: the files that it names are gone. */
async function orGone<Result>(snapshot: Snapshot, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DeltaError) || error.kind !== 'file_missing') throw error;
    throw new DeltaError(
      'file_missing',
      `${error.message} A VACUUM has removed it, or somebody has: rows of version ${snapshot.version} can no longer be read.`,
      { cause: error },
    );
  }
}

class ParquetScan implements FileScan {
  readonly row_count: number;
  readonly #path: string;
  readonly #parquet: ParquetFile;
  readonly #deleted: RowSet | undefined;
  readonly #sources: readonly Source[];
  readonly #nodes: readonly ParquetNode[];

  constructor(path: string, parquet: ParquetFile, deleted: RowSet | undefined, sources: readonly Source[]) {
    this.#path = path;
    this.row_count = parquet.row_count - (deleted?.countBelow(parquet.row_count) ?? 0);
    this.#parquet = parquet;
    this.#deleted = deleted;
    this.#sources = sources;
    this.#nodes = sources.flatMap((source) => ('node' in source ? [source.node] : []));
  }

  async read(first: number, most: number): Promise<Value[][]> {
    const start = this.#positionOf(first);
    const { group, end: groupEnd } = this.#groupOf(start);
    const affordable = Math.floor(WINDOW_BYTES / Math.max(this.#parquet.bytesPerRow(this.#nodes, group), 1));
    const last = this.#positionOf(Math.min(first + most, this.row_count) - 1);
    const end = Math.min(last + 1, groupEnd, start + Math.max(Math.min(WINDOW_ROWS, affordable), 1));
    const stored = await this.#parquet.read(this.#nodes, start, end);
    return orCorrupt(this.#path, () => this.#decode(stored, start, end));
  }

  #decode(stored: readonly ArrayLike<unknown>[], start: number, end: number): Value[][] {
    const rows: Value[][] = [];
    for (let position = start; position < end; position++) {
      if (this.#deleted?.has(position)) continue;
      let column = 0;
      rows.push(
        this.#sources.map((source) =>
          'value' in source ? source.value : source.decode(stored[column++]![position - start]),
        ),
      );
    }
    return rows;
  }

  /** Where in the file a row stands that is the given one among those not deleted. */
  #positionOf(row: number): number {
    const deleted = this.#deleted;
    if (deleted === undefined) return row;
    return firstAtLeast(this.#parquet.row_count, (at) => at + 1 - deleted.countBelow(at + 1) > row);
  }

  #groupOf(position: number): { group: number; end: number } {
    let end = 0;
    for (const [group, rows] of this.#parquet.groups.entries()) {
      end += rows;
      if (position < end) return { group, end };
    }
    return { group: this.#parquet.groups.length - 1, end };
  }
}

/** Roughly the bytes that a value takes in memory. */
function sizeOf(value: Value): number {
  if (typeof value === 'string') return 16 + value.length;
  if (value instanceof Uint8Array) return 64 + value.byteLength;
  if (Array.isArray(value)) {
    let sum = 16;
    for (const entry of value as readonly Value[]) sum += sizeOf(entry);
    return sum;
  }
  if (typeof value === 'object' && value !== null) {
    let sum = 32;
    for (const part of Object.values(value)) sum += sizeOf(part);
    return sum;
  }
  return 8;
}
