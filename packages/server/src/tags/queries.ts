import { type Db, list, sql, type TagRow, type Tx } from '@bitacora/db';

export const listTags = (db: Db, run_ids: readonly string[]) =>
  db.all(sql<TagRow>`
    SELECT run_uuid, key, value FROM tags WHERE run_uuid IN ${list(run_ids)}`);

export const listRunTags = (db: Db, run_id: string) =>
  db.all(sql<TagRow>`SELECT run_uuid, key, value FROM tags WHERE run_uuid = ${run_id}`);

export const findTag = (db: Db, run_id: string, key: string) =>
  db.get(sql<TagRow>`SELECT run_uuid, key, value FROM tags WHERE run_uuid = ${run_id} AND key = ${key}`);

type Tag = { readonly key: string; readonly value: string };

/** Fails where a key repeats. */
export const insertTags = (tx: Tx, run_id: string, tags: readonly Tag[]) =>
  tx.runMany(
    'INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)',
    tags.map(({ key, value }) => [key, value, run_id]),
  );

export const upsertTags = (tx: Tx, run_id: string, tags: readonly Tag[]) =>
  tx.runMany(
    `INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)
     ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value`,
    tags.map(({ key, value }) => [key, value, run_id]),
  );

export const deleteTag = (tx: Tx, run_id: string, key: string) =>
  tx.run(sql`DELETE FROM tags WHERE run_uuid = ${run_id} AND key = ${key}`);
