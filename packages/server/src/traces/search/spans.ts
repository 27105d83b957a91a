import { byDialect, join, raw, type Sql, sql, toPythonJson } from '@bitacora/db';
import { invalidParameter, preview } from '@bitacora/protocol';
import type { SpanClause } from '@bitacora/search';
import { compareWith } from '../../search/comparison.ts';

const ATTRIBUTES = 'attributes.';

/**
 * The condition of a clause on the span `s`. Name, type and status have columns; attributes are read from the span's
 * JSON, where MLflow searches the text and so finds `=` never and LIKE also in other attributes.
 */
export function spanCondition(clause: SpanClause): Sql {
  if (!clause.key.startsWith(ATTRIBUTES)) return compareWith(raw(`s.${clause.key}`), clause);
  const value = attributeValue(clause.key.slice(ATTRIBUTES.length));
  const { comparator } = clause;
  switch (comparator) {
    case '=':
    case 'IN':
      return isEncodingOf(value, [clause.value].flat());
    case '!=':
    case 'NOT IN':
      return sql`${value} IS NOT NULL AND NOT ${isEncodingOf(value, [clause.value].flat())}`;
    default:
      return compareWith(withoutQuotes(value), { comparator, value: clause.value as string });
  }
}

/**
 * The text of an attribute as the span's JSON has it: itself JSON, so that text stands in quotes; other clients than
 * Python's write it plain.
 */
function attributeValue(key: string): Sql {
  if (/["\\]/.test(key)) {
    throw invalidParameter(
      `Spans cannot be searched by the attribute '${preview(key)}': its name must hold no quotes and backslashes.`,
    );
  }
  const path = `$.attributes."${key}"`;
  return byDialect({
    sqlite: sql`CASE WHEN json_valid(s.content) THEN CAST(json_extract(s.content, ${path}) AS TEXT) END`,
    // PostgreSQL has no text with the character NUL, and refuses to read one.
    postgresql: sql`CASE WHEN s.content LIKE '{%' AND position('\\u0000' in s.content) = 0
      THEN (CAST(s.content AS json) -> 'attributes') ->> ${key} END`,
    mysql: sql`CASE WHEN JSON_VALID(s.content) THEN JSON_UNQUOTE(JSON_EXTRACT(s.content, ${path})) END`,
  });
}

/** The text equals one of these in any way that it may have been written down. */
export function isEncodingOf(text: Sql, values: readonly string[]): Sql {
  const spellings = new Set(
    values.flatMap((value) => [value, toPythonJson(value), toPythonJson(value, { ascii: false })]),
  );
  return sql`(${join(
    [...spellings].map((value) => compareWith(text, { comparator: '=', value })),
    ' OR ',
  )})`;
}

/** JSON text of a string without its quotes; what it escapes stays escaped. */
export const withoutQuotes = (text: Sql): Sql =>
  sql`CASE WHEN ${text} LIKE '"%"' THEN substr(${text}, 2, length(${text}) - 2) ELSE ${text} END`;
