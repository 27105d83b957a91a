import { type Int64, stringifyJson } from '@bitacora/protocol';

export type SqlValue = null | string | number | bigint | Uint8Array;

/** The engines that MLflow keeps its tables in; MariaDB speaks `mysql`. */
export type Dialect = 'sqlite' | 'postgresql' | 'mysql';

/** A statement as an engine is given it: `?` stands for each bound value, in order. */
export interface Compiled {
  readonly text: string;
  /** PostgreSQL takes a list as one value. */
  readonly values: readonly (SqlValue | readonly (string | Int64)[])[];
  /** See `lookup`. */
  readonly isLookup?: true;
}

/** A statement, or a piece of one, with its bound values. `Row` is the shape of its rows, named by whoever writes it. */
export interface Sql<Row = unknown> {
  compile(dialect: Dialect): Compiled;
  /** Never set: carries the row type. */
  readonly row?: Row;
}

type Part = SqlValue | boolean | Sql;

const plainText = new WeakMap<TemplateStringsArray, string>();

/**
 * SQL with bound values. Whatever stands in `${…}` is either another piece of SQL or a bound value: text from a
 * request cannot become part of a statement. What all engines understand is written plainly; for what differs there
 * are pieces below that each engine gets in its own form.
 *
 * @example
 * sql<RunRow>`SELECT * FROM runs WHERE run_uuid = ${run_id}`
 */
export function sql<Row = unknown>(strings: TemplateStringsArray, ...parts: readonly Part[]): Sql<Row> {
  if (parts.some(isSql)) return { compile: (dialect) => compileParts(strings, parts, dialect) };
  let text = plainText.get(strings);
  if (text === undefined) {
    text = strings.join('?');
    plainText.set(strings, text);
  }
  return fixed(text, (parts as readonly (SqlValue | boolean)[]).map(bind));
}

function fixed(text: string, values: Compiled['values']): Sql<never> {
  const compiled = { text, values };
  return { compile: () => compiled };
}

function compileParts(strings: readonly string[], parts: readonly Part[], dialect: Dialect): Compiled {
  let text = strings[0] ?? '';
  const values: Compiled['values'][number][] = [];
  parts.forEach((part, index) => {
    if (isSql(part)) {
      const piece = part.compile(dialect);
      text += piece.text;
      values.push(...piece.values);
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

// SQLite has no booleans; PostgreSQL and MySQL read 1 and 0 as theirs.
const bind = (value: SqlValue | boolean): SqlValue => (typeof value === 'boolean' ? Number(value) : value);

/** A piece of SQL that is written in our own source, such as a column or a direction. Never pass it a request's text. */
export const raw = (text: string): Sql => fixed(text, []);

export const empty = raw('');

export function join(pieces: readonly Sql[], separator: string): Sql {
  return {
    compile(dialect) {
      const compiled = pieces.map((piece) => piece.compile(dialect));
      return {
        text: compiled.map(({ text }) => text).join(separator),
        values: compiled.flatMap(({ values }) => values),
      };
    },
  };
}

/** Another piece for each engine. */
export const byDialect = (variants: Readonly<Record<Dialect, Sql>>): Sql => ({
  compile: (dialect) => variants[dialect].compile(dialect),
});

/**
 * Whether something is in a list; an empty one holds nothing. SQLite and PostgreSQL get the list as one value, so that the
 * statement's text, and so its cached plan, stays the same.
 *
 * @param left a column, as it is written in our own source, or another piece.
 */
export const isIn = (left: string | Sql, values: List): Sql => inList(left, values, false);

/** Whether something is not in a list. In an empty one nothing is, not even NULL. */
export const isNotIn = (left: string | Sql, values: List): Sql => inList(left, values, true);

type List = readonly (string | Int64)[];

function inList(left: string | Sql, list: List, negated: boolean): Sql {
  // Without entries PostgreSQL would have no type to compare with, and MySQL no list.
  if (list.length === 0) return raw(negated ? '1 = 1' : '1 = 0');
  const piece = typeof left === 'string' ? raw(left) : left;
  return {
    compile(dialect) {
      const { text, values } = piece.compile(dialect);
      const compared = COMPARED[dialect](list, negated);
      return { text: `${text} ${compared.text}`, values: [...values, ...compared.values] };
    },
  };
}

/** What follows the left side, from operator on, for a list with entries. */
const COMPARED: Readonly<Record<Dialect, (list: List, negated: boolean) => Compiled>> = {
  sqlite: (list, negated) => ({
    text: `${negated ? 'NOT IN' : 'IN'} (SELECT value FROM json_each(?))`,
    values: [stringifyJson(list)],
  }),
  postgresql(list, negated) {
    const equals = negated ? '<>' : '=';
    // Of one value the planner knows more than of a list.
    if (list.length === 1) return { text: `${equals} ?`, values: list };
    const type = list.every((value) => typeof value !== 'string') ? 'bigint' : 'text';
    // No subquery: that would be joined, and of a table of some ten thousand rows all were read for a page of a hundred.
    return { text: `${equals} ${negated ? 'ALL' : 'ANY'} (CAST(? AS ${type}[]))`, values: [list] };
  },
  mysql: (list, negated) => ({
    text: `${negated ? 'NOT IN' : 'IN'} (${list.map(() => '?').join(', ')})`,
    values: list,
  }),
};

/** `(…)` of pairs for `(a, b) IN`: a text and a whole number each, such as the keys of model versions. */
export function pairs(values: readonly (readonly [text: string, number: number])[]): Sql {
  return {
    compile(dialect) {
      switch (dialect) {
        case 'sqlite':
          return {
            text: '(SELECT value ->> 0, value ->> 1 FROM json_each(?))',
            values: [JSON.stringify(values)],
          };
        case 'postgresql':
          return {
            text: '(SELECT * FROM unnest(CAST(? AS text[]), CAST(? AS bigint[])))',
            values: [values.map(([text]) => text), values.map(([, number]) => number)],
          };
        case 'mysql':
          return values.length === 0
            ? { text: '(SELECT NULL, NULL FROM DUAL WHERE 1 = 0)', values: [] }
            : { text: `(${values.map(() => '(?, ?)').join(', ')})`, values: values.flat() };
      }
    },
  };
}

/** A join whose left side leads. SQLite turns joins around at will, and without statistics often badly. */
export const JOIN_IN_ORDER = byDialect({
  sqlite: raw('CROSS JOIN'),
  postgresql: raw('JOIN'),
  mysql: raw('STRAIGHT_JOIN'),
});

/**
 * Ends a SELECT in a transaction: the row stays as it was read until that ends, and another transaction that wants it
 * waits and then reads what has become of it. SQLite has one writer at a time.
 */
export const FOR_UPDATE = byDialect({
  sqlite: empty,
  postgresql: raw('FOR UPDATE'),
  mysql: raw('FOR UPDATE'),
});

/**
 * Ends a SELECT in a transaction that adds rows which point at this one: it is neither deleted nor renamed meanwhile, nor
 * taken by `FOR_UPDATE`. The foreign key of what is added takes the same lock, so it costs no more to take it at once.
 */
export const FOR_ADDING = byDialect({
  sqlite: empty,
  postgresql: raw('FOR KEY SHARE'),
  mysql: raw('LOCK IN SHARE MODE'),
});

/** The text under a key of a column that holds a JSON object as text. The key is written in our own source. */
export function jsonText(column: string, key: string): Sql {
  const path = `'$."${key}"'`;
  return byDialect({
    sqlite: raw(`CASE WHEN json_valid(${column}) THEN json_extract(${column}, ${path}) END`),
    postgresql: raw(`CASE WHEN ${column} LIKE '{%' THEN CAST(${column} AS json) ->> '${key}' END`),
    mysql: raw(`CASE WHEN JSON_VALID(${column}) THEN JSON_UNQUOTE(JSON_EXTRACT(${column}, ${path})) END`),
  });
}

/** Ends an INSERT into a table whose key the database assigns, so that `Changes.lastInsertId` is known everywhere. */
export const returningId = (column: string): Sql =>
  byDialect({ sqlite: empty, postgresql: raw(`RETURNING ${column} AS id`), mysql: empty });
