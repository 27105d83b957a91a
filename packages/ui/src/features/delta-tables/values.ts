import { type DeltaColumnStatistics, type Int64, stringifyJson } from '@bitacora/protocol';

/** A count of an answer; it may be more than a number can hold. */
export type Count = Int64 | string | undefined;

/** A value of a table in a line; integers of 64 bits keep every digit. */
export const cellText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : stringifyJson(value);

/** A field of a struct goes by the names of all that it is in. */
export const columnKey = (column: readonly string[]): string => column.join('.');

/** `3 … 12`, as far as it is known. */
export function rangeText(statistics: DeltaColumnStatistics | undefined): string {
  const { min, max, is_exact } = statistics ?? {};
  if (min === undefined && max === undefined) return '–';
  const range = `${cellText(min)} … ${cellText(max)}`;
  return is_exact ? range : `within ${range}`;
}

export const nullsText = (statistics: DeltaColumnStatistics | undefined): string =>
  statistics?.null_count === undefined ? '–' : String(statistics.null_count);

/** Whether two columns differ in what is known of them; only one of both may be there. */
export function differs(
  before: DeltaColumnStatistics | undefined,
  after: DeltaColumnStatistics | undefined,
): boolean {
  const facts = (of: DeltaColumnStatistics | undefined) =>
    stringifyJson(of ? [of.type, of.min ?? null, of.max ?? null, of.null_count ?? null] : null);
  return facts(before) !== facts(after);
}
