import { list, raw, type Sql, sql } from '@bitacora/db';
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
  return sql`${left} ${raw(comparator)} ${value}`;
}

export const direction = (ascending: boolean): Sql => raw(ascending ? 'ASC' : 'DESC');
