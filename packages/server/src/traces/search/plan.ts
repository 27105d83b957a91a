import { type Db, isIn, JOIN_IN_ORDER, join, type Sql, sql } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import type { OrderTerm, TraceClause } from '@bitacora/search';
import { TRACE_COLUMNS, type TraceRow } from '../queries.ts';
import { candidatesOf } from './candidates.ts';
import { toConditions } from './conditions.ts';
import { indexedStretches, type Stretch, toOrdering } from './order.ts';

export interface Query {
  readonly experiment_ids: readonly Int64[];
  readonly clauses: readonly TraceClause[];
  readonly terms: readonly OrderTerm[];
}

/**
 * So many candidates are looked up and sorted in about 40 ms. Where there are more, more than one in a hundred of a
 * million traces matches, and a walk along the order finds a page as soon.
 */
const FEW = 5000;

/** Beyond so many experiments, sorting all beats merging. */
const MOST_MERGED = 40;

/**
 * The rows of a page, in order. As with runs: files that people bring hold no statistics, so the plan is chosen here.
 * Few candidates are sorted; else an index that has the order is walked; else all that match are sorted.
 */
export async function listPage(db: Db, query: Query, limit: number, offset: number): Promise<TraceRow[]> {
  const { experiment_ids, clauses, terms } = query;
  const { joins, orderBy } = toOrdering(terms);
  const conditions = toConditions(clauses, experiment_ids);
  const all = [sql`${isIn('t.experiment_id', experiment_ids)}`, ...conditions];
  const few = await fewCandidates(db, query);
  if (few) return listRows(db, sql`${few} ${joins}`, all, orderBy, limit, offset);
  const stretches = indexedStretches(terms, db.dialect);
  const [experiment_id, ...others] = experiment_ids;
  if (stretches && experiment_id !== undefined) {
    if (others.length === 0) return listAlong(db, experiment_id, stretches, conditions, limit, offset);
    const [only, ...more] = stretches;
    if (only && more.length === 0 && experiment_ids.length <= MOST_MERGED)
      return listMerged(db, experiment_ids, only, conditions, limit, offset);
  }
  return listRows(db, sql`FROM trace_info t ${joins}`, all, orderBy, limit, offset);
}

const select = (
  from: Sql,
  conditions: readonly Sql[],
  orderBy: readonly Sql[],
  limit: number,
  offset: number,
) =>
  sql<TraceRow>`SELECT ${TRACE_COLUMNS} ${from} WHERE ${join(conditions, ' AND ')}
    ORDER BY ${join(orderBy, ', ')} LIMIT ${limit} OFFSET ${offset}`;

const listRows = (db: Db, ...parts: Parameters<typeof select>) => db.all(select(...parts));

/** FROM a set of ids known to be small, if one clause gives one. */
async function fewCandidates(db: Db, { clauses, experiment_ids, terms }: Query): Promise<Sql | undefined> {
  const [only, ...more] = clauses;
  if (only && more.length === 0 && terms.length === 0 && isInOrder(only)) return undefined;
  for (const clause of clauses) {
    const ids = candidatesOf(clause, experiment_ids);
    if (ids && (await countUpTo(db, ids, FEW + 1)) <= FEW)
      return sql`FROM (SELECT DISTINCT request_id FROM (${ids}) found) few
        ${JOIN_IN_ORDER} trace_info t ON t.request_id = few.request_id`;
  }
  return undefined;
}

/** Equal states and names stand in their index in the order of time: there is nothing to sort. */
const isInOrder = ({ entity, key, comparator }: TraceClause): boolean =>
  entity === 'attribute' && comparator === '=' && (key === 'status' || key === 'name');

async function countUpTo(db: Db, rows: Sql, most: number): Promise<number> {
  const counted = sql<{
    total: number;
  }>`SELECT count(*) AS total FROM (SELECT 1 FROM (${rows}) found LIMIT ${most}) counted`;
  return (await db.get(counted))?.total ?? 0;
}

const ofExperiment = (experiment_id: Int64, { conditions }: Stretch, filter: readonly Sql[]) => [
  sql`t.experiment_id = ${experiment_id}`,
  ...conditions,
  ...filter,
];

/** A page of the stretches one after the other. Only a page beyond the end of a stretch has to count it. */
async function listAlong(
  db: Db,
  experiment_id: Int64,
  stretches: readonly Stretch[],
  filter: readonly Sql[],
  limit: number,
  offset: number,
): Promise<TraceRow[]> {
  const found: TraceRow[] = [];
  let skip = offset;
  for (const stretch of stretches) {
    const conditions = ofExperiment(experiment_id, stretch, filter);
    const rows = await listRows(db, stretch.from, conditions, stretch.orderBy, limit - found.length, skip);
    found.push(...rows);
    if (found.length === limit || stretch === stretches.at(-1)) break;
    skip = rows.length > 0 || skip === 0 ? 0 : skip - (await countAll(db, stretch.from, conditions));
  }
  return found;
}

const countAll = async (db: Db, from: Sql, conditions: readonly Sql[]): Promise<number> =>
  (await db.get(sql<{ total: number }>`SELECT count(*) AS total ${from} WHERE ${join(conditions, ' AND ')}`))
    ?.total ?? 0;

/** The same stretch of several experiments: the first `offset + limit` of each are all that can be on the page. */
function listMerged(
  db: Db,
  experiment_ids: readonly Int64[],
  stretch: Stretch,
  filter: readonly Sql[],
  limit: number,
  offset: number,
): Promise<TraceRow[]> {
  const parts = experiment_ids.map(
    (experiment_id) =>
      sql`SELECT * FROM (${select(
        stretch.from,
        ofExperiment(experiment_id, stretch, filter),
        stretch.orderBy,
        offset + limit,
        0,
      )}) walk`,
  );
  return db.all(sql<TraceRow>`SELECT ${TRACE_COLUMNS} FROM (${join(parts, ' UNION ALL ')}) t
    ORDER BY ${join(stretch.orderBy, ', ')} LIMIT ${limit} OFFSET ${offset}`);
}
