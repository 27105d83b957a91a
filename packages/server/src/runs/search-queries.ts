import { type Db, join, lookup, raw, type Sql, sql } from '@bitacora/db';

interface IdRow {
  readonly run_uuid: string;
}

/** Runs `r` in a fixed order: a FROM clause, conditions, and the terms of ORDER BY. */
export interface Walk {
  readonly from: Sql;
  readonly conditions: readonly Sql[];
  readonly orderBy: readonly Sql[];
}

const where = ({ from, conditions }: Walk) =>
  conditions.length === 0 ? from : sql`${from} WHERE ${join(conditions, ' AND ')}`;

const selectIds = (walk: Walk, limit: number, offset: number) =>
  sql<IdRow>`SELECT r.run_uuid, r.start_time ${where(walk)}
    ORDER BY ${join(walk.orderBy, ', ')} LIMIT ${limit} OFFSET ${offset}`;

/** The same from few candidates, whose plan is right whatever they are: each is looked up, and all are sorted. */
export async function listFewIds(db: Db, walk: Walk, limit: number, offset: number): Promise<string[]> {
  return (await db.all(lookup(selectIds(walk, limit, offset)))).map(({ run_uuid }) => run_uuid);
}

export async function listIds(db: Db, walk: Walk, limit: number, offset: number): Promise<string[]> {
  return (await db.all(selectIds(walk, limit, offset))).map(({ run_uuid }) => run_uuid);
}

/** Several walks that share an order, merged: the first `offset + limit` of each are all that can be on the page. */
export async function listMergedIds(
  db: Db,
  walks: readonly Walk[],
  limit: number,
  offset: number,
): Promise<string[]> {
  const [first, ...others] = walks;
  if (first === undefined) return [];
  if (others.length === 0) return listIds(db, first, limit, offset);
  const parts = walks.map((walk) => sql`SELECT * FROM (${selectIds(walk, offset + limit, 0)}) walk`);
  const merged = await db.all(
    sql<IdRow>`SELECT r.run_uuid FROM (${join(parts, ' UNION ALL ')}) r
      ORDER BY ${join(first.orderBy, ', ')} LIMIT ${limit} OFFSET ${offset}`,
  );
  return merged.map(({ run_uuid }) => run_uuid);
}

export const countWalk = async (db: Db, walk: Walk): Promise<number> =>
  (await db.get(sql<{ total: number }>`SELECT count(*) AS total ${where(walk)}`))?.total ?? 0;

/** Counts some sets of rows, each no further than `most`: enough to choose a plan by. One question asks for all. */
export async function countUpTo(db: Db, sets: readonly Sql[], most: number): Promise<readonly number[]> {
  const counts = sets.map(
    (rows, index) => sql`(SELECT count(*) FROM (${rows} LIMIT ${most}) counted) AS ${nameOf(index)}`,
  );
  const row = await db.get(sql<Record<string, number>>`SELECT ${join(counts, ', ')}`);
  return sets.map((_, index) => row?.[`n${index}`] ?? 0);
}

const nameOf = (index: number) => raw(`n${index}`);
