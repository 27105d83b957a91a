import { type Db, empty, join, raw, type Sql, sql } from '@bitacora/db';
import type { Clause, OrderTerm } from '@bitacora/search';
import { compareWith, direction } from '../search/comparison.ts';
import { ownConditions, table } from './order.ts';

/** So many entries beyond the page that share its value are sorted sooner than anything else is done. */
const FEW = 500;

export interface Tied {
  /** The run `r` has the value that comes first. */
  readonly has: Sql;
  /** The entry `v` has one that comes after it. */
  readonly after: Sql;
}

/** Null where there are not so many entries. */
interface Ends {
  readonly nearest: string | number | null;
  readonly farthest: string | number | null;
}

/**
 * The first value of an order by a metric or param, such as an accuracy of 1, if so many share it that a page holds no
 * other: along the index of values they would all be sorted by their start to find the newest.
 *
 * @param end how many runs come before the end of the page.
 */
export async function firstTied(
  db: Db,
  { terms, clauses }: { readonly terms: readonly OrderTerm[]; readonly clauses: readonly Clause[] },
  end: number,
): Promise<Tied | undefined> {
  const [term, ...others] = terms;
  if (term === undefined || others.length > 0 || !isIndexed(db, term)) return undefined;
  const entry = sql`v.key = ${term.key} ${term.entity === 'metric' ? sql`AND v.is_nan = ${false}` : empty}`;
  const valueAt = (place: number) => sql`
    (SELECT v.value FROM ${table(term)} v WHERE ${join([entry, ...ownConditions(term, clauses)], ' AND ')}
      ORDER BY v.value ${direction(term.ascending)} LIMIT 1 OFFSET ${place})`;
  const ends = await db.get(sql<Ends>`SELECT ${valueAt(0)} AS nearest, ${valueAt(end + FEW)} AS farthest`);
  const value = ends?.nearest ?? undefined;
  if (value === undefined || value !== ends?.farthest) return undefined;
  const compared = (comparator: '=' | '<' | '>') => compareWith(raw('v.value'), { comparator, value });
  return {
    has: sql`EXISTS (SELECT 1 FROM ${table(term)} v WHERE v.run_uuid = r.run_uuid AND ${entry} AND ${compared('=')})`,
    after: compared(term.ascending ? '>' : '<'),
  };
}

/** An index has the order of texts on SQLite alone: PostgreSQL's holds beginnings, and MySQL takes `a` for `A`. */
const isIndexed = ({ dialect }: Db, { entity }: OrderTerm) =>
  entity === 'metric' || (entity === 'param' && dialect === 'sqlite');
