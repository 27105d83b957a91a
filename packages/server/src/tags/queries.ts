import { type Db, type Insert, isIn, lookup, sql, type TagRow, type Tx } from '@bitacora/db';

export const listTags = (db: Db, run_ids: readonly string[]) =>
  db.all(
    lookup(sql<TagRow>`
    SELECT run_uuid, key, value FROM tags WHERE ${isIn('run_uuid', run_ids)}`),
  );

export const listRunTags = (db: Db, run_id: string) =>
  db.all(sql<TagRow>`SELECT run_uuid, key, value FROM tags WHERE run_uuid = ${run_id}`);

export const findTag = (db: Db, run_id: string, key: string) =>
  db.get(sql<TagRow>`SELECT run_uuid, key, value FROM tags WHERE run_uuid = ${run_id} AND key = ${key}`);

type Tag = { readonly key: string; readonly value: string };

const NEW_TAGS: Insert = { into: 'tags', columns: ['key', 'value', 'run_uuid'] };
const TAGS: Insert = { ...NEW_TAGS, onConflict: { key: ['key', 'run_uuid'], set: ['value'] } };

/** Fails where a key repeats. */
export const insertTags = (tx: Tx, run_id: string, tags: readonly Tag[]) =>
  tx.insert(
    NEW_TAGS,
    tags.map(({ key, value }) => [key, value, run_id]),
  );

export const upsertTags = (tx: Tx, run_id: string, tags: readonly Tag[]) =>
  tx.insert(
    TAGS,
    tags.map(({ key, value }) => [key, value, run_id]),
  );

export const deleteTag = (tx: Tx, run_id: string, key: string) =>
  tx.run(sql`DELETE FROM tags WHERE run_uuid = ${run_id} AND key = ${key}`);
