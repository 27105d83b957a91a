import { cutText } from './cells.ts';
import { type CsvField, csvRecords, isBlank, isHeader, typeOfTexts } from './csv-shape.ts';
import { fromUnits, toUnits, unitBytes } from './encoded-text.ts';
import type { RangedFile } from './ranged-file.ts';
import { placeOfToken, type RowReader } from './rows.ts';
import type { Sniffed } from './sniff.ts';
import { unreadable } from './unreadable.ts';

/** Bytes that are read for a page, and as many for a row that is longer. */
const PAGE_BYTES = 1024 * 1024;
const MOST_ROW_BYTES = 8 * PAGE_BYTES;
const MOST_PROBLEMS = 20;

/** Pages of a CSV file begin where a row does. */
export const readCsv: RowReader = async (
  file,
  sniffed,
  { first_column, max_columns, max_results },
  position,
) => {
  const { encoding = 'utf-8', first_byte = 0, separator = ',' } = sniffed;
  const header = await firstRecord(file, sniffed);
  const hasHeader = header !== undefined && isHeader(header.fields);
  const first = position?.[0] ?? 0;
  const start = position
    ? placeOfToken(file, position[1])
    : first_byte + (hasHeader ? header.end * unitBytes(encoding) : 0);
  const problems: string[] = [];
  const records: (readonly CsvField[])[] = [];
  const width = header?.fields.length ?? 0;
  let end = start;
  let widest = width;
  const window = await completeWindow(file, sniffed, start);
  for (const record of csvRecords(window.units, separator, window.isWhole)) {
    end = start + record.end * unitBytes(encoding);
    // An empty line is no row, unless the table has but one column.
    if (isBlank(record.fields) && width > 1) continue;
    const { length } = record.fields;
    if (length !== width && problems.length < MOST_PROBLEMS)
      problems.push(
        `Row ${first + records.length + 1} has ${length} fields where the first line has ${width}.`,
      );
    widest = Math.max(widest, length);
    records.push(record.fields);
    if (records.length === max_results) break;
  }
  const shown = Array.from(
    { length: Math.max(0, Math.min(widest - first_column, max_columns)) },
    (_, at) => at + first_column,
  );
  const rows = records.map((fields) =>
    shown.map((at) => {
      const field = fields[at] ?? null;
      return field === null ? null : cutText(fromUnits(field, encoding));
    }),
  );
  const isEnd = window.isWhole && end >= start + window.units.length * unitBytes(encoding);
  return {
    columns: shown.map((column, at) => ({
      name: nameOf(hasHeader ? header.fields[column] : undefined, column, encoding),
      type: typeOfTexts(rows.map((row) => row[at] ?? '')),
    })),
    column_count: widest,
    rows,
    problems,
    ...(isEnd ? {} : { next: [first + records.length, end] as const }),
  };
};

function nameOf(field: CsvField | undefined, at: number, encoding: Sniffed['encoding'] = 'utf-8'): string {
  const name = field == null ? '' : cutText(fromUnits(field, encoding)).trim();
  return name === '' ? `column ${at + 1}` : name;
}

async function firstRecord(file: RangedFile, sniffed: Sniffed & { readonly head: Buffer }) {
  const { encoding = 'utf-8', first_byte = 0, separator = ',', head } = sniffed;
  const isWhole = head.length === file.size_bytes;
  const [record] = csvRecords(toUnits(head.subarray(first_byte), encoding), separator, isWhole);
  if (record !== undefined) return record;
  const window = await completeWindow(file, sniffed, first_byte);
  return csvRecords(window.units, separator, window.isWhole).next().value;
}

/** Text from a place on that holds at least one row, if there is one. */
async function completeWindow(
  file: RangedFile,
  { encoding = 'utf-8', separator = ',' }: Sniffed,
  start: number,
) {
  for (const most of [PAGE_BYTES, MOST_ROW_BYTES]) {
    const isWhole = start + most >= file.size_bytes;
    const units = toUnits(await file.read(start, start + most), encoding);
    if (isWhole || !csvRecords(units, separator, isWhole).next().done) return { units, isWhole };
  }
  throw unreadable(
    file.path,
    `the row at byte ${start} does not end within ${MOST_ROW_BYTES} bytes; a quote may be open. Read it as text`,
  );
}
