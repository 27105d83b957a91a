import { JOIN_IN_ORDER, raw, type Sql, sql } from '@bitacora/db';
import type { Clause, OrderTerm } from '@bitacora/search';
import { compare, direction } from '../search/comparison.ts';
import { columnOf, metricCondition, toConditions } from './conditions.ts';
import type { Walk } from './search-queries.ts';

/** Newest first, then by id, which no two runs share: without an end that is unique, pages would overlap. */
const NEWEST: readonly Sql[] = [raw('r.start_time DESC'), raw('r.run_uuid')];

const byStart = ({ entity, key }: OrderTerm) => entity === 'attribute' && key === 'start_time';

interface Ordering {
  readonly joins: Sql;
  readonly orderBy: readonly Sql[];
}

/**
 * Every term as ORDER BY: what is missing comes last in both directions; for metrics finite values come first, then
 * NaN, then missing ones.
 */
export function toOrdering(terms: readonly OrderTerm[]): Ordering {
  let joins = sql``;
  const orderBy: Sql[] = [];
  terms.forEach((term, index) => {
    const { key, ascending } = term;
    if (term.entity === 'attribute') {
      const column = raw(columnOf(key));
      orderBy.push(sql`${column} IS NULL`, sql`${column} ${direction(ascending)}`);
      return;
    }
    const alias = raw(`o${index}`);
    joins = sql`${joins} LEFT JOIN ${table(term)} ${alias} ON ${alias}.run_uuid = r.run_uuid AND ${alias}.key = ${key}`;
    orderBy.push(sql`${alias}.value IS NULL`);
    if (term.entity === 'metric') orderBy.push(sql`${alias}.is_nan`);
    orderBy.push(sql`${alias}.value ${direction(ascending)}`);
  });
  return { joins, orderBy: [...orderBy, ...(terms.some(byStart) ? NEWEST.slice(1) : NEWEST)] };
}

export const table = ({ entity }: OrderTerm) =>
  raw(entity === 'metric' ? 'latest_metrics' : entity === 'param' ? 'params' : 'tags');

/**
 * Walks whose concatenation is the wanted order and that each follow an index, so that a page costs what it holds and
 * not what there is. Undefined where no index has the order.
 *
 * @param asked the experiments, as a condition.
 * @param beyond which entries `v` with a value are still to come; all when unset.
 */
export function indexedWalks(
  terms: readonly OrderTerm[],
  asked: Sql,
  clauses: readonly Clause[],
  beyond?: Sql,
): readonly Walk[] | undefined {
  const [first, ...others] = terms;
  if (first === undefined) return undefined;
  if (first.entity !== 'metric' && first.entity !== 'param') return undefined;
  const { joins, orderBy } = toOrdering(others);
  const own = ownConditions(first, clauses);
  const still = beyond === undefined ? [] : [beyond];
  const base = [asked, ...toConditions(clauses.filter((clause) => !ownCondition(first, clause)))];
  // The sorted entries lead, their runs are looked up.
  const present: Walk = {
    from: sql`FROM ${table(first)} v ${JOIN_IN_ORDER} runs r ON r.run_uuid = v.run_uuid ${joins}`,
    conditions: [sql`v.key = ${first.key}`, ...own, ...base],
    orderBy: [sql`v.value ${direction(first.ascending)}`, ...orderBy],
  };
  const missing: Walk = {
    from: sql`FROM runs r ${joins}`,
    conditions: [
      sql`NOT EXISTS (SELECT 1 FROM ${table(first)} v WHERE v.run_uuid = r.run_uuid AND v.key = ${first.key})`,
      ...base,
    ],
    orderBy,
  };
  // A clause on the same key leaves no run without it.
  const always = clauses.some(
    ({ entity, key, comparator }) => entity === first.entity && key === first.key && comparator !== 'IS NULL',
  );
  const tail = always ? [] : [missing];
  const where = (...conditions: readonly Sql[]): Walk => ({
    ...present,
    conditions: [...present.conditions, ...conditions],
  });
  if (first.entity === 'param') return [where(...still), ...tail];
  return [where(sql`v.is_nan = ${0}`, ...still), where(sql`v.is_nan = ${1}`), ...tail];
}

/** What the clauses say of the entries `v` of the very metric or param that is sorted by. */
export const ownConditions = (term: OrderTerm, clauses: readonly Clause[]): readonly Sql[] =>
  clauses.flatMap((clause) => ownCondition(term, clause) ?? []);

/** What a clause on the very metric or param that is sorted by says of its entry `v`, which need not be looked up again. */
function ownCondition(term: OrderTerm, clause: Clause): Sql | undefined {
  if (clause.entity !== term.entity || clause.key !== term.key) return undefined;
  if (clause.entity === 'metric') return metricCondition('v', clause);
  if (clause.entity === 'param' && clause.value !== undefined) return compare('v.value', clause);
  return undefined;
}
