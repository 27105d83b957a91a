import { parseJson } from '@bitacora/protocol';
import { type Cell, cellOf, cutText } from './cells.ts';
import { fromUnits, toUnits, unitBytes } from './encoded-text.ts';
import type { RangedFile } from './ranged-file.ts';
import { placeOfToken, type RowReader } from './rows.ts';
import type { Sniffed } from './sniff.ts';
import { reasonOf, unreadable } from './unreadable.ts';

/** Bytes that are read for a page, and as many for a line that is longer. */
const PAGE_BYTES = 1024 * 1024;
const MOST_LINE_BYTES = 8 * PAGE_BYTES;
const MOST_PROBLEMS = 20;
/** What a line that is no object is called. */
const VALUE = 'value';

/** Pages of JSON lines begin where a line does. Their columns are the keys that they hold. */
export const readJsonLines: RowReader = async (file, sniffed, request, position) => {
  const { first_column, max_columns, max_results } = request;
  const { encoding = 'utf-8', first_byte = 0 } = sniffed;
  const first = position?.[0] ?? 0;
  const start = position ? placeOfToken(file, position[1]) : first_byte;
  const { units, isEnd } = await wholeLines(file, sniffed, start);
  const problems: string[] = [];
  const records: ReadonlyMap<string, unknown>[] = [];
  const names = new Set<string>();
  let end = 0;
  while (end < units.length && records.length < max_results) {
    const next = units.indexOf('\n', end) + 1 || units.length;
    const line = fromUnits(units.slice(end, next), encoding).trim();
    end = next;
    if (line === '') continue;
    const record = readLine(line, first + records.length + 1, problems);
    for (const name of record.keys()) names.add(name);
    records.push(record);
  }
  const shown = [...names].slice(first_column, first_column + max_columns);
  return {
    columns: shown.map((name) => ({
      name: cutText(name),
      type: typeOfValues(records.map((record) => record.get(name))),
    })),
    column_count: names.size,
    rows: records.map((record) => shown.map((name): Cell => cellOf(record.get(name)))),
    problems,
    ...(isEnd && end === units.length
      ? {}
      : { next: [first + records.length, start + end * unitBytes(encoding)] as const }),
  };
};

function readLine(line: string, number: number, problems: string[]): ReadonlyMap<string, unknown> {
  try {
    const value = parseJson(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? new Map(Object.entries(value))
      : new Map([[VALUE, value]]);
  } catch (error) {
    if (problems.length < MOST_PROBLEMS) problems.push(`Row ${number} is no JSON: ${reasonOf(error)}.`);
    return new Map([[VALUE, line]]);
  }
}

async function wholeLines(file: RangedFile, { encoding = 'utf-8' }: Sniffed, start: number) {
  for (const most of [PAGE_BYTES, MOST_LINE_BYTES]) {
    const isEnd = start + most >= file.size_bytes;
    const units = toUnits(await file.read(start, start + most), encoding);
    if (isEnd) return { units, isEnd };
    const whole = units.lastIndexOf('\n') + 1;
    if (whole > 0) return { units: units.slice(0, whole), isEnd };
  }
  throw unreadable(
    file.path,
    `the line at byte ${start} does not end within ${MOST_LINE_BYTES} bytes. Read it as text`,
  );
}

/** What a column holds; `mixed` when that differs. */
function typeOfValues(values: readonly unknown[]): string {
  const kinds = new Set(
    values.flatMap((value) => (value === null || value === undefined ? [] : [kindOf(value)])),
  );
  if (kinds.size === 2 && kinds.has('integer') && kinds.has('number')) return 'number';
  return kinds.size > 1 ? 'mixed' : ([...kinds][0] ?? 'null');
}

function kindOf(value: NonNullable<unknown>): string {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (typeof value === 'bigint') return 'integer';
  return Array.isArray(value) ? 'list' : typeof value;
}
