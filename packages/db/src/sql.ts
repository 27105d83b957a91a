export type SqlValue = null | string | number | bigint | Uint8Array;

/** A statement and its bound values. `Row` is the shape of its rows, named by whoever writes the statement. */
export interface Sql<Row = unknown> {
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** Never set: carries the row type. */
  readonly row?: Row;
}

type Part = SqlValue | boolean | Sql;

const plainText = new WeakMap<TemplateStringsArray, string>();

/**
 * SQL with bound values. Whatever stands in `${…}` is either another piece of SQL or a bound value: text from a
 * request cannot become part of a statement.
 *
 * @example
 * sql<RunRow>`SELECT * FROM runs WHERE run_uuid = ${run_id}`
 */
export function sql<Row = unknown>(strings: TemplateStringsArray, ...parts: readonly Part[]): Sql<Row> {
  if (!parts.some(isSql)) {
    let text = plainText.get(strings);
    if (text === undefined) {
      text = strings.join('?');
      plainText.set(strings, text);
    }
    return { text, values: (parts as readonly (SqlValue | boolean)[]).map(bind) };
  }
  let text = strings[0] ?? '';
  const values: SqlValue[] = [];
  parts.forEach((part, index) => {
    if (isSql(part)) {
      text += part.text;
      values.push(...part.values);
    } else {
      text += '?';
      values.push(bind(part));
    }
    text += strings[index + 1] ?? '';
  });
  return { text, values };
}

const isSql = (part: Part): part is Sql =>
  part !== null && typeof part === 'object' && !(part instanceof Uint8Array);

// SQLite has no booleans; PostgreSQL and MySQL take 1 and 0 through the driver's own conversion.
const bind = (value: SqlValue | boolean): SqlValue => (typeof value === 'boolean' ? Number(value) : value);

/** A piece of SQL that is written in our own source, such as a column or a direction. Never pass it a request's text. */
export const raw = (text: string): Sql => ({ text, values: [] });

export const empty = raw('');

export function join(pieces: readonly Sql[], separator: string): Sql {
  return {
    text: pieces.map((piece) => piece.text).join(separator),
    values: pieces.flatMap((piece) => piece.values),
  };
}

/** `(…)` of a list for `IN`, bound as one JSON value so that the statement's text, and so its cached plan, stays the same. */
export const list = (values: readonly (string | number)[]): Sql =>
  sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;
