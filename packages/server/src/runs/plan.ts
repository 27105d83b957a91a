import {
  byDialect,
  type Db,
  empty,
  JOIN_IN_ORDER,
  PREFIX_CHARACTERS,
  raw,
  type Sql,
  sql,
} from '@bitacora/db';
import type { Int64, ViewType } from '@bitacora/protocol';
import type { Clause, OrderTerm } from '@bitacora/search';
import { isOfTable, runsWithTable } from '../delta-tables/search.ts';
import { compare } from '../search/comparison.ts';
import { inExperiments, metricCondition, STAGES, toConditions } from './conditions.ts';
import { indexedWalks, toOrdering } from './order.ts';
import { countUpTo, countWalk, listFewIds, listIds, listMergedIds, type Walk } from './search-queries.ts';
import { firstTied } from './ties.ts';

export interface Query {
  readonly experiment_ids: readonly Int64[];
  readonly view: ViewType;
  readonly clauses: readonly Clause[];
  readonly terms: readonly OrderTerm[];
}

/** So many runs are sorted in about the time that choosing a better plan would take. */
const FEW = 500;

/** So many clauses are looked at for one that few runs meet: one question may not ask for any number of things. */
const MOST_COUNTED = 20;

/** Beyond so many pairs of experiment and stage, sorting all beats merging. */
const MOST_MERGED = 40;

/**
 * The ids of a page, in order. SQLite keeps no statistics in the files people bring, so it would often choose badly;
 * three plans, chosen by counting a little, keep a first page quick whatever the number of runs:
 * few candidates are sorted; else an index that has the order is walked, that of the start where the first value of the
 * order is shared by many; else all that match are sorted.
 */
export async function listPage(db: Db, query: Query, limit: number, offset: number): Promise<string[]> {
  const { experiment_ids, view, clauses, terms } = query;
  const newest = isByStart(terms) ? walksByStart(query) : undefined;
  const asked = inExperiments(experiment_ids, view);
  // All that one walk along an index meets is on the page: nothing could be quicker.
  if (newest?.length === 1 && clauses.length === 0) {
    const ids = await listByStart(db, newest, query, limit, offset);
    if (ids) return ids;
  }
  const { joins, orderBy } = toOrdering(terms);
  const few = await fewCandidates(db, query);
  if (few) {
    const conditions = toConditions(few.clauses, { ofFew: true });
    return listFewIds(
      db,
      { from: sql`${few.from} ${joins}`, conditions: [asked, ...conditions], orderBy },
      limit,
      offset,
    );
  }
  const walks = (await walksOfTied(db, query, asked, offset + limit)) ?? indexedWalks(terms, asked, clauses);
  if (walks) return listAcross(db, walks, limit, offset);
  if (newest && newest.length <= MOST_MERGED) {
    const ids = await listByStart(db, newest, query, limit, offset);
    if (ids) return ids;
  }
  const conditions = [asked, ...toConditions(clauses)];
  return listIds(db, { from: sql`FROM runs r ${joins}`, conditions, orderBy }, limit, offset);
}

/** Walks for an order whose first value many runs share: those newest first, then what comes after that value. */
async function walksOfTied(
  db: Db,
  query: Query,
  asked: Sql,
  end: number,
): Promise<readonly Walk[] | undefined> {
  const [newest, ...others] = walksByStart({ ...query, terms: [] });
  // Of several experiments or stages there is no one walk.
  if (newest === undefined || others.length > 0) return undefined;
  const tied = await firstTied(db, query, end);
  if (!tied) return undefined;
  const rest = indexedWalks(query.terms, asked, query.clauses, tied.after);
  return rest && [{ ...newest, conditions: [...newest.conditions, tied.has] }, ...rest];
}

interface Few {
  readonly from: Sql;
  /** What is still to be asked of the candidates. */
  readonly clauses: readonly Clause[];
}

/** FROM a set known to be small, if there is one: the experiments' runs, or what one indexed clause matches. */
async function fewCandidates(db: Db, { experiment_ids, view, clauses }: Query): Promise<Few | undefined> {
  const runs = sql`SELECT 1 FROM runs r WHERE ${inExperiments(experiment_ids, view)}`;
  const indexed = clauses.flatMap((clause) => {
    const entries = indexedEntries(clause);
    return entries ? [{ clause, entries }] : [];
  });
  const counted = [runs, ...indexed.slice(0, MOST_COUNTED).map(({ entries }) => entries)];
  const [all = 0, ...counts] = await countUpTo(db, counted, FEW + 1);
  if (all <= FEW) return { from: sql`FROM runs r`, clauses };
  const few = indexed.find((_, index) => (counts[index] ?? Number.POSITIVE_INFINITY) <= FEW);
  if (few) {
    return {
      from: sql`FROM (${few.entries}) few ${JOIN_IN_ORDER} runs r ON r.run_uuid = few.run_uuid`,
      clauses: clauses.filter((other) => other !== few.clause),
    };
  }
  const tables = clauses.filter(isOfTable);
  if (tables.length > 0) {
    const entries = sql`SELECT DISTINCT few.run_id AS run_uuid FROM (${runsWithTable(tables)}) few`;
    const [count = 0] = await countUpTo(db, [entries], FEW + 1);
    if (count <= FEW) {
      return {
        from: sql`FROM (${entries}) few ${JOIN_IN_ORDER} runs r ON r.run_uuid = few.run_uuid`,
        clauses: clauses.filter((clause) => !isOfTable(clause)),
      };
    }
  }
  return undefined;
}

/** What a clause matches, read from an index alone. */
function indexedEntries(clause: Clause): Sql | undefined {
  const { entity, key } = clause;
  if (entity === 'metric' && clause.comparator !== '!=') {
    return sql`SELECT c.run_uuid FROM latest_metrics c WHERE c.key = ${key} AND ${metricCondition('c', clause)}`;
  }
  if (entity === 'param' && clause.comparator === '=') {
    return sql`SELECT c.run_uuid FROM params c WHERE c.key = ${key} AND ${beginsEqually(clause.value)} ${compare('c.value', clause)}`;
  }
  if (entity === 'tag' && key === 'mlflow.parentRunId' && clause.comparator === '=') {
    // The index holds this key alone, which SQLite sees only where the key stands in the statement itself.
    return sql`SELECT c.run_uuid FROM tags c WHERE c.key = 'mlflow.parentRunId' AND ${compare('c.value', clause)}`;
  }
  if (
    entity === 'attribute' &&
    key === 'run_id' &&
    (clause.comparator === '=' || clause.comparator === 'IN')
  ) {
    return sql`SELECT c.run_uuid FROM runs c WHERE ${compare('c.run_uuid', clause)}`;
  }
  return undefined;
}

/** PostgreSQL's index of params holds the beginnings of values, and is used where a statement asks for them. */
const beginsEqually = (value: string): Sql =>
  byDialect({
    sqlite: empty,
    postgresql: sql`left(c.value, ${raw(String(PREFIX_CHARACTERS))}) = left(${value}, ${raw(String(PREFIX_CHARACTERS))}) AND`,
    mysql: empty,
  });

const isByStart = ([first, ...others]: readonly OrderTerm[]) =>
  first === undefined || (others.length === 0 && first.entity === 'attribute' && first.key === 'start_time');

/** One walk per experiment and stage along the index on (experiment, stage, start time, id). */
function walksByStart({ experiment_ids, view, clauses, terms }: Query): Walk[] {
  const filter = toConditions(clauses);
  const ascending = terms[0]?.ascending ?? false;
  return experiment_ids.flatMap((experiment_id) =>
    STAGES[view].map((stage) => ({
      from: sql`FROM runs r`,
      conditions: [sql`r.experiment_id = ${experiment_id} AND r.lifecycle_stage = ${stage}`, ...filter],
      orderBy: [raw(ascending ? 'r.start_time' : 'r.start_time DESC'), raw('r.run_uuid')],
    })),
  );
}

/**
 * A page of the walks along the index of starts. Undefined where that has not the order: a run without a start, which other
 * programs may write, comes last where the start is asked for by name, and an index has it elsewhere.
 */
async function listByStart(
  db: Db,
  walks: readonly Walk[],
  { experiment_ids, view, terms }: Query,
  limit: number,
  offset: number,
): Promise<string[] | undefined> {
  const page = listMergedIds(db, walks, limit, offset);
  if (terms.length === 0) return page;
  const without = sql<{ one: number }>`
    SELECT 1 AS one FROM runs r WHERE ${inExperiments(experiment_ids, view)} AND r.start_time IS NULL LIMIT 1`;
  // Asked together, so that the one costs hardly more than the other.
  const [ids, found] = await Promise.all([page, db.get(without)]);
  return found ? undefined : ids;
}

/** A page of the walks one after the other. Only a page beyond the end of a walk has to count that walk. */
async function listAcross(db: Db, walks: readonly Walk[], limit: number, offset: number): Promise<string[]> {
  const found: string[] = [];
  let skip = offset;
  for (const walk of walks) {
    const ids = await listIds(db, walk, limit - found.length, skip);
    found.push(...ids);
    if (found.length === limit) break;
    skip = ids.length > 0 ? 0 : skip - (skip === 0 ? 0 : await countWalk(db, walk));
  }
  return found;
}
