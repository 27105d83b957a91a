import { byDialect, empty, isIn, isNotIn, raw, regularExpression, type Sql, sql } from '@bitacora/db';
import type { ListComparator, NumberComparator, TextComparator } from '@bitacora/search';

interface Comparison {
  readonly comparator: NumberComparator | TextComparator | ListComparator | 'RLIKE';
  readonly value: string | number | bigint | readonly string[];
}

/**
 * `column` is written in our own source; the value is bound. Letters are compared exactly, but for ILIKE, which MLflow
 * does by lower-casing both sides.
 */
export const compare = (column: string, comparison: Comparison): Sql => compareWith(raw(column), comparison);

/** `AND …` where a text of the caller's must be a piece of a column, upper and lower case alike; nothing for none. */
export const andContains = (column: string, piece: string): Sql =>
  piece === '' ? empty : sql`AND ${compare(column, { comparator: 'ILIKE', value: `%${piece}%` })}`;

/**
 * The same for any expression.
 *
 * @throws ValueRefused for a regular expression that cannot be read.
 */
export function compareWith(left: Sql, { comparator, value }: Comparison): Sql {
  if (typeof value === 'object') return inList(left, comparator, value);
  if (comparator === 'RLIKE') return matches(left, String(value));
  if (comparator === 'ILIKE') return sql`lower(${left}) LIKE lower(${value})`;
  const plain = sql`${left} ${raw(comparator)} ${value}`;
  // PostgreSQL takes the type of what is compared with, and a bigint cannot be 1.5.
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    return byDialect({
      sqlite: plain,
      postgresql: sql`${left} ${raw(comparator)} CAST(${value} AS double precision)`,
      mysql: plain,
    });
  if (typeof value !== 'string') return plain;
  return byDialect({ sqlite: plain, postgresql: plain, mysql: exactly(left, comparator, value) });
}

function inList(left: Sql, comparator: string, value: readonly string[]): Sql {
  const listed = comparator === 'IN' ? isIn : isNotIn;
  const plain = listed(left, value);
  const bytes = listed(sql`CAST(${left} AS BINARY)`, value);
  return byDialect({
    sqlite: plain,
    postgresql: plain,
    mysql: comparator === 'IN' ? sql`(${plain} AND ${bytes})` : bytes,
  });
}

/** The engines' own expressions differ in detail; what RE2 refuses is refused everywhere. */
function matches(left: Sql, pattern: string): Sql {
  regularExpression(pattern);
  return byDialect({
    sqlite: sql`${left} REGEXP ${pattern}`,
    postgresql: sql`${left} ~ ${pattern}`,
    mysql: sql`CAST(${left} AS BINARY) REGEXP CAST(${pattern} AS BINARY)`,
  });
}

/**
 * MySQL's collations ignore case and trailing spaces. Compared as bytes it is exact; where a match is asked for, the
 * plain comparison before it lets an index be used. In a pattern `_` is a character, of which bytes know nothing.
 */
function exactly(left: Sql, comparator: string, value: string): Sql {
  const plain = sql`${left} ${raw(comparator)} ${value}`;
  if (comparator === 'LIKE')
    return sql`(${plain} AND CONVERT(${left} USING utf8mb4) LIKE ${value} COLLATE utf8mb4_bin)`;
  const bytes = sql`CAST(${left} AS BINARY) ${raw(comparator)} CAST(${value} AS BINARY)`;
  return comparator === '=' ? sql`(${plain} AND ${bytes})` : bytes;
}

export const direction = (ascending: boolean): Sql => raw(ascending ? 'ASC' : 'DESC');
