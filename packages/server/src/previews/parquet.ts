import {
  DeltaError,
  openParquet,
  type ParquetBounds,
  type ParquetFile,
  type ParquetNode,
  type TableFiles,
} from '@bitacora/delta';
import { cellOf, cutText } from './cells.ts';
import { parquetDecoder, parquetType } from './parquet-values.ts';
import type { RangedFile } from './ranged-file.ts';
import type { RowReader } from './rows.ts';
import { orUnreadable, reasonOf, unreadable } from './unreadable.ts';

const MIB = 1024 * 1024;
/** A preview takes less than a scan of a table may. */
const BOUNDS: ParquetBounds = { footer: 16 * MIB, chunk: 64 * MIB, page: 64 * MIB };
/** Of the columns of a page together, as stored; further columns are left for another page. */
const MOST_STORED_BYTES = 32 * MIB;
/** Of the rows of a page together, unpacked. */
const MOST_ROW_BYTES = 8 * MIB;

/** Pages of a Parquet file hold rows of one row group; of that, only the columns asked for are read. */
export const readParquet: RowReader = async (file, _sniffed, request, position) => {
  try {
    const parquet = await openParquet(filesOf(file), file.path, file.size_bytes, BOUNDS);
    return await readPage(file.path, parquet, request, position?.[0] ?? 0);
  } catch (error) {
    if (error instanceof DeltaError) throw unreadable(file.path, reasonOf(error).replace(/\.$/, ''), error);
    throw error;
  }
};

async function readPage(
  path: string,
  parquet: ParquetFile,
  { first_column, max_columns, max_results }: Parameters<RowReader>[2],
  start: number,
) {
  const { row_count, columns } = parquet;
  const { group, end: groupEnd } = groupOf(parquet, start);
  const shown = affordable(parquet, columns.slice(first_column, first_column + max_columns), group);
  const rowBytes = Math.max(parquet.bytesPerRow(shown, group), 1);
  const most = Math.max(1, Math.min(max_results, Math.floor(MOST_ROW_BYTES / rowBytes)));
  const end = Math.min(start + most, groupEnd, row_count);
  const count = Math.max(end - start, 0);
  const stored = count === 0 || shown.length === 0 ? [] : await parquet.read(shown, start, end);
  const decoders = shown.map(parquetDecoder);
  return {
    columns: shown.map((node) => ({ name: cutText(node.name), type: parquetType(node) })),
    column_count: columns.length,
    row_count,
    rows: orUnreadable(path, 'Parquet file', () =>
      Array.from({ length: count }, (_, row) =>
        decoders.map((decode, at) => cellOf(decode(stored[at]?.[row]))),
      ),
    ),
    problems: [],
    ...(end < row_count ? { next: [end] as const } : {}),
  };
}

/** The row group of a row, and the row after its last. */
function groupOf({ groups, row_count }: ParquetFile, row: number): { group: number; end: number } {
  let end = 0;
  for (const [group, rows] of groups.entries()) {
    end += rows;
    if (row < end) return { group, end };
  }
  return { group: Math.max(groups.length - 1, 0), end: row_count };
}

/** As many of the columns as may be read together; the first one in any case. */
function affordable(
  parquet: ParquetFile,
  columns: readonly ParquetNode[],
  group: number,
): readonly ParquetNode[] {
  let bytes = 0;
  const count = columns.findIndex((column, at) => {
    bytes += parquet.storedBytes(column, group);
    return at > 0 && bytes > MOST_STORED_BYTES;
  });
  return count < 0 ? columns : columns.slice(0, count);
}

const filesOf = (file: RangedFile): TableFiles => ({
  async *list() {},
  read: (_path, { start, end } = { start: 0, end: file.size_bytes }) => file.read(start, end),
});
