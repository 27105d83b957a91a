import { type Db, join, type Sql, sql } from '@bitacora/db';

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

/** Counts rows, but no further than `most`: enough to choose a plan by. */
export async function countUpTo(db: Db, rows: Sql, most: number): Promise<number> {
  return (
    (await db.get(sql<{ total: number }>`SELECT count(*) AS total FROM (${rows} LIMIT ${most}) counted`))
      ?.total ?? 0
  );
}
