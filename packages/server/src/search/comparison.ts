import { byDialect, list, raw, type Sql, sql } from '@bitacora/db';
import type { ListComparator, NumberComparator, TextComparator } from '@bitacora/search';

interface Comparison {
  readonly comparator: NumberComparator | TextComparator | ListComparator;
  readonly value: string | number | bigint | readonly string[];
}

/**
 * `column` is written in our own source; the value is bound. Letters are compared exactly, but for ILIKE, which MLflow
 * does by lower-casing both sides.
 */
export function compare(column: string, { comparator, value }: Comparison): Sql {
  const left = raw(column);
  if (typeof value === 'object') return sql`${left} ${raw(comparator)} ${list(value)}`;
  if (comparator === 'ILIKE') return sql`lower(${left}) LIKE lower(${value})`;
  const plain = sql`${left} ${raw(comparator)} ${value}`;
  if (typeof value !== 'string') return plain;
  return byDialect({ sqlite: plain, postgresql: plain, mysql: exactly(left, comparator, value) });
}

/**
 * MySQL's collations ignore case and trailing spaces. Compared as bytes it is exact; where a match is asked for, the
 * plain comparison before it lets an index be used.
 */
function exactly(left: Sql, comparator: string, value: string): Sql {
  const bytes = sql`CAST(${left} AS BINARY) ${raw(comparator)} CAST(${value} AS BINARY)`;
  return comparator === '=' || comparator === 'LIKE'
    ? sql`(${left} ${raw(comparator)} ${value} AND ${bytes})`
    : bytes;
}

export const direction = (ascending: boolean): Sql => raw(ascending ? 'ASC' : 'DESC');
