import type { AsyncBuffer, Compressors, FileMetaData, RowGroup } from 'hyparquet';
import { corrupt, DeltaError, reasonOf, show } from './error.ts';
import { nodesOf, type ParquetNode, viewOf } from './parquet-schema.ts';
import type { TableFiles } from './table-files.ts';

export interface ParquetFile {
  readonly columns: readonly ParquetNode[];
  readonly row_count: number;
  /** Rows of each row group. */
  readonly groups: readonly number[];
  /** Unpacked bytes that a row of these columns takes in a row group, on average. */
  bytesPerRow(columns: readonly ParquetNode[], group: number): number;
  /** Bytes that a column takes in a row group, as stored. */
  storedBytes(column: ParquetNode, group: number): number;
  /**
   * Some rows of some columns, each a list: numbers, bigints, texts, bytes, and for nested columns objects and lists under
   * the nodes' aliases. Only these columns' chunks are read, of these only the pages needed where the file has an index.
   *
   * @throws DeltaError corrupt, unsupported, too_large, file_missing
   */
  read(columns: readonly ParquetNode[], start: number, end: number): Promise<readonly ArrayLike<unknown>[]>;
}

/** Footers of usual size come with the first read. */
const FOOTER_BYTES = 64 * 1024;
/** Chunks of columns read side by side, together. */
const BYTES_AT_ONCE = 32 * 1024 * 1024;
/** How large a file's pieces may be, in bytes. */
export interface ParquetBounds {
  readonly footer: number;
  /** The largest chunk of one column that is read at all, compressed. */
  readonly chunk: number;
  /** The largest page, unpacked. */
  readonly page: number;
}

const BOUNDS: ParquetBounds = {
  footer: 64 * 1024 * 1024,
  chunk: 512 * 1024 * 1024,
  page: 256 * 1024 * 1024,
};

/**
 * Opens a Parquet file by its footer.
 *
 * @param sizeBytes as the log or a listing gives it
 * @throws DeltaError corrupt, file_missing, too_large
 */
export async function openParquet(
  files: TableFiles,
  path: string,
  sizeBytes: number,
  bounds = BOUNDS,
): Promise<ParquetFile> {
  // Loaded when a file is read: a server that never opens a table does not pay for it.
  const { parquetMetadata, parquetScan } = await import('hyparquet');
  const metadata = await readFooter(files, path, sizeBytes, bounds.footer, parquetMetadata);
  const { columns, elements } = nodesOf(metadata, path);
  const groups = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
  const slice = async (start: number, end: number) => {
    if (end - start > bounds.chunk) throw tooLarge(path, end - start, bounds.chunk);
    return wholeBuffer(await files.read(path, { start, end }), end - start, path);
  };
  const file: AsyncBuffer = {
    byteLength: sizeBytes,
    slice(start, end = sizeBytes) {
      const bytes = slice(start, end);
      // hyparquet reads ahead, and waits for none of it once a page is found corrupt: such a failure must not be left
      // unhandled, which would end the process.
      bytes.catch(() => {});
      return bytes;
    },
  };
  return {
    columns,
    groups,
    row_count: groups.reduce((sum, rows) => sum + rows, 0),
    bytesPerRow(wanted, at) {
      const group = metadata.row_groups[at];
      let bytes = 0;
      for (const { leaves } of wanted)
        for (const leaf of leaves)
          bytes += Number(group?.columns[leaf]?.meta_data?.total_uncompressed_size ?? 0);
      return bytes / Math.max(groups[at] ?? 1, 1);
    },
    storedBytes: (column, at) => chunkBytes(metadata.row_groups.slice(at, at + 1), column),
    async read(wanted, start, end) {
      const view = viewOf(metadata, elements, wanted);
      const compressors = await loadCompressors(bounds.page);
      const found: ArrayLike<unknown>[] = wanted.map(() => []);
      try {
        const scan = await parquetScan({
          file,
          metadata: view,
          rowStart: start,
          rowEnd: end,
          compressors,
          utf8: false,
          geoparquet: false,
          parsers: RAW_PARSERS,
        });
        const sizes = wanted.map((column) => chunkBytes(metadata.row_groups, column));
        for (const { rowStart, rowEnd } of scan.ranges) {
          for (const batch of batches(sizes)) {
            await Promise.all(
              batch.map(async (at) => {
                const rows = await scan.readColumn({ column: wanted[at]!.alias, rowStart, rowEnd });
                found[at] =
                  found[at]!.length === 0 ? rows : [...Array.from(found[at]!), ...Array.from<unknown>(rows)];
              }),
            );
          }
        }
      } catch (error) {
        throw error instanceof DeltaError ? error : refuse(path, error);
      }
      if (found.some((rows) => rows.length !== end - start))
        throw corrupt(path, `its columns hold fewer rows than the ${end} that its footer claims`);
      return found;
    },
  };
}

async function readFooter(
  files: TableFiles,
  path: string,
  size: number,
  most: number,
  parse: (footer: ArrayBuffer, options: { geoparquet: boolean }) => FileMetaData,
): Promise<FileMetaData> {
  if (size < 12) throw corrupt(path, `${size} bytes are no Parquet file`);
  const start = Math.max(size - FOOTER_BYTES, 0);
  const last = await files.read(path, { start, end: size, size_bytes: size });
  let footer = wholeBuffer(last, size - start, path);
  const ending = new DataView(footer);
  if (ending.getUint32(footer.byteLength - 4, true) !== 0x31524150)
    throw corrupt(path, 'it does not end as a Parquet file does');
  const length = ending.getUint32(footer.byteLength - 8, true) + 8;
  if (length > size) throw corrupt(path, 'its footer is longer than the file');
  if (length > most) throw tooLarge(path, length, most);
  if (length > footer.byteLength)
    footer = wholeBuffer(await files.read(path, { start: size - length, end: size }), length, path);
  try {
    return parse(footer, { geoparquet: false });
  } catch (error) {
    throw corrupt(path, `its footer cannot be read (${show(reasonOf(error))})`, { cause: error });
  }
}

function wholeBuffer(bytes: Uint8Array, length: number, path: string): ArrayBuffer {
  if (bytes.byteLength !== length) throw corrupt(path, 'it is shorter than the log says');
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

/** INT96 is the one type that needs a parser; it gives nanoseconds since 1970. */
const RAW_PARSERS = { timestampFromNanoseconds: (nanos: bigint) => nanos };

function chunkBytes(groups: readonly RowGroup[], column: ParquetNode): number {
  let most = 0;
  for (const group of groups) {
    let bytes = 0;
    for (const leaf of column.leaves)
      bytes += Number(group.columns[leaf]?.meta_data?.total_compressed_size ?? 0);
    most = Math.max(most, bytes);
  }
  return most;
}

/** Numbers of columns, so that those of a batch are small enough to be read side by side. */
function batches(sizes: readonly number[]): number[][] {
  const found: number[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  sizes.forEach((size, at) => {
    if (bytes + size > BYTES_AT_ONCE) {
      found.push([]);
      bytes = 0;
    }
    found.at(-1)!.push(at);
    bytes += size;
  });
  return found;
}

/** Unpacks no page beyond a bound: its length is what the file claims, and a few bytes may claim gigabytes. */
async function loadCompressors(most: number): Promise<Compressors> {
  const { compressors } = await import('hyparquet-compressors');
  const bounded: Compressors = {};
  for (const [codec, decompress] of Object.entries(compressors)) {
    bounded[codec as keyof Compressors] = (input, length) => {
      if (length > most)
        throw new DeltaError(
          'too_large',
          `A page claims ${length} bytes unpacked; at most ${most} are read.`,
        );
      return decompress(input, length);
    };
  }
  return bounded;
}

const tooLarge = (path: string, bytes: number, most: number) =>
  new DeltaError(
    'too_large',
    `'${show(path)}' has ${bytes} bytes in one piece; at most ${most} are read. Write the table with smaller row groups, or ask for other columns.`,
  );

function refuse(path: string, error: unknown): DeltaError {
  const reason = reasonOf(error);
  return /unsupported|not supported/i.test(reason)
    ? new DeltaError('unsupported', `'${show(path)}' cannot be read: ${show(reason)}.`, { cause: error })
    : corrupt(path, show(reason), { cause: error });
}
