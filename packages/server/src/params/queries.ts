import { type Db, isIn, lookup, type ParamRow, sql, type Tx } from '@bitacora/db';

export const listParams = (db: Db, run_ids: readonly string[]) =>
  db.all(
    lookup(sql<ParamRow>`
    SELECT run_uuid, key, value FROM params WHERE ${isIn('run_uuid', run_ids)}`),
  );

export const listRunParams = (db: Db, run_id: string) =>
  db.all(sql<ParamRow>`SELECT run_uuid, key, value FROM params WHERE run_uuid = ${run_id}`);

/** Inserts what is new; a param that exists keeps its value. */
export const insertParams = (
  tx: Tx,
  run_id: string,
  params: readonly { readonly key: string; readonly value: string }[],
) =>
  tx.insert(
    { into: 'params', columns: ['key', 'value', 'run_uuid'], onConflict: 'ignore' },
    params.map(({ key, value }) => [key, value, run_id]),
  );

export const findParams = (db: Db, run_id: string, keys: readonly string[]) =>
  db.all(sql<ParamRow>`
    SELECT run_uuid, key, value FROM params WHERE run_uuid = ${run_id} AND ${isIn('key', keys)}`);
