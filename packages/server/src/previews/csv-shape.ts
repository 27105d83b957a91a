/** `null` is nothing at all between two separators, which PostgreSQL and others tell apart from `""`, an empty text. */
export type CsvField = string | null;

/** A row as the file has it, and where the next one begins. */
export interface CsvRecord {
  readonly fields: readonly CsvField[];
  readonly end: number;
}

/**
 * Rows of text with a separator, as RFC 4180 has it. Quoted fields may hold separators, line breaks and doubled quotes; a
 * quote within an unquoted field is taken as it stands. A row that has not ended is left out, but for the last of a file.
 *
 * @param units one character for each code unit of the file, so that places are the file's
 * @param isWhole whether the text ends with the file
 */
export function* csvRecords(
  units: string,
  separator: string,
  isWhole: boolean,
  from = 0,
): Generator<CsvRecord> {
  let fields: CsvField[] = [];
  let at = from;
  while (at < units.length) {
    let quotedText: string | undefined;
    if (units[at] === '"') {
      const quoted = readQuoted(units, at);
      if (quoted === undefined && !isWhole) return;
      quotedText = quoted?.text ?? units.slice(at + 1);
      at = quoted?.end ?? units.length;
    }
    const start = at;
    while (at < units.length && units[at] !== separator && units[at] !== '\n' && units[at] !== '\r') at++;
    fields.push(
      quotedText === undefined && start === at ? null : (quotedText ?? '') + units.slice(start, at),
    );
    if (at === units.length && !isWhole) return;
    if (units[at] === separator) {
      at++;
      if (at < units.length) continue;
      // A separator at the very end still opens a field.
      if (!isWhole) return;
      fields.push(null);
    }
    if (units[at] === '\r') {
      at++;
      // It may be half of a line break.
      if (at === units.length && !isWhole) return;
    }
    if (units[at] === '\n') at++;
    yield { fields, end: at };
    fields = [];
  }
}

/** @param at of the opening quote */
function readQuoted(units: string, at: number): { readonly text: string; readonly end: number } | undefined {
  let text = '';
  for (let from = at + 1; ; ) {
    const close = units.indexOf('"', from);
    if (close < 0) return undefined;
    text += units.slice(from, close);
    if (units[close + 1] !== '"') return { text, end: close + 1 };
    text += '"';
    from = close + 2;
  }
}

const SEPARATORS = [',', '\t', ';', '|'];
const JUDGED_ROWS = 20;
/** Fewer rows than this may have the same number of commas by chance. */
const FEWEST_ROWS = 3;

/** What separates the fields of a table: the sign that cuts all rows into the same number, the larger the better. */
export function separatorOf(text: string, isWhole: boolean, fewestRows = FEWEST_ROWS): string | undefined {
  let best: { readonly separator: string; readonly columns: number } | undefined;
  for (const separator of SEPARATORS) {
    const counts: number[] = [];
    for (const { fields } of csvRecords(text, separator, isWhole)) {
      if (!isBlank(fields)) counts.push(fields.length);
      if (counts.length === JUDGED_ROWS) break;
    }
    const [columns = 0] = counts;
    if (counts.length < fewestRows || counts.some((count) => count !== columns)) continue;
    if (columns > (best?.columns ?? 1)) best = { separator, columns };
  }
  return best?.separator;
}

/** The same of a table that is ragged: the sign that cuts the first row into the most. */
export function separatorOfFirst(text: string): string {
  const counts = SEPARATORS.map(
    (separator) => csvRecords(text, separator, true).next().value?.fields.length ?? 0,
  );
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ',';
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const INTEGER = /^[+-]?\d+$/;
const BOOLEAN = /^(?:true|false)$/i;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$/;
/** How pandas and others write a value that is missing. */
const MISSING = /^(?:|nan|na|n\/a|null|none|-?inf)$/i;

const KINDS = [
  ['boolean', BOOLEAN],
  ['integer', INTEGER],
  ['number', NUMBER],
  ['date', DATE],
  ['timestamp', TIME],
] as const;

/** What the texts of a column look like; `text` for anything. */
export function typeOfTexts(texts: Iterable<string>): string {
  let possible: readonly (typeof KINDS)[number][] = KINDS;
  let isEmpty = true;
  for (const each of texts) {
    const text = each.trim();
    if (MISSING.test(text)) continue;
    isEmpty = false;
    possible = possible.filter(([, pattern]) => pattern.test(text));
    if (possible.length === 0) return 'text';
  }
  return isEmpty ? 'empty' : possible[0]![0];
}

/** A line with nothing in it. */
export const isBlank = (fields: readonly CsvField[]): boolean => fields.length === 1 && !fields[0];

/** Whether a first row names the columns: words, all different. pandas leaves the name of the index empty. */
export function isHeader(fields: readonly CsvField[]): boolean {
  const named = fields.map((field) => field ?? '').filter((field, at) => at > 0 || field !== '');
  return (
    named.length > 0 &&
    new Set(named).size === named.length &&
    named.every((field) => field.trim() !== '' && !NUMBER.test(field.trim()))
  );
}
