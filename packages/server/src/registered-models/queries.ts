import {
  type Db,
  empty,
  type Insert,
  isIn,
  lookup,
  type RegisteredModelRow,
  type Sql,
  sql,
  type Tx,
} from '@bitacora/db';

const COLUMNS = sql`m.name, m.creation_time, m.last_updated_time, m.description, m.workspace`;

/** @param lock how the model is to be held. */
export const findRegisteredModel = (db: Db, workspace: string, name: string, lock = empty) =>
  db.get(
    sql<RegisteredModelRow>`SELECT ${COLUMNS} FROM registered_models m WHERE m.workspace = ${workspace} AND m.name = ${name} ${lock}`,
  );

export const listRegisteredModels = (db: Db, where: Sql, orderBy: Sql, limit: number, offset: number) =>
  db.all(sql<RegisteredModelRow>`
    SELECT ${COLUMNS} FROM registered_models m WHERE ${where} ORDER BY ${orderBy} LIMIT ${limit} OFFSET ${offset}`);

const MODELS: Insert = {
  into: 'registered_models',
  columns: ['name', 'creation_time', 'last_updated_time', 'description', 'workspace'],
  onConflict: 'ignore',
};

/** @returns false where the name is taken. */
export const insertRegisteredModel = async (tx: Tx, row: RegisteredModelRow): Promise<boolean> => {
  const { name, creation_time, last_updated_time, description, workspace } = row;
  return (await tx.insert(MODELS, [[name, creation_time, last_updated_time, description, workspace]])) > 0;
};

/** Versions, tags and aliases follow by their foreign keys. */
export const renameRegisteredModel = (
  tx: Tx,
  workspace: string,
  name: string,
  new_name: string,
  nowMs: number,
) =>
  tx.run(sql`
    UPDATE registered_models SET name = ${new_name}, last_updated_time = ${nowMs}
    WHERE workspace = ${workspace} AND name = ${name}`);

export const setDescription = (tx: Tx, workspace: string, name: string, description: string, nowMs: number) =>
  tx.run(sql`
    UPDATE registered_models SET description = ${description}, last_updated_time = ${nowMs}
    WHERE workspace = ${workspace} AND name = ${name}`);

export const touchRegisteredModel = (tx: Tx, workspace: string, name: string, nowMs: number) =>
  tx.run(sql`
    UPDATE registered_models SET last_updated_time = ${nowMs} WHERE workspace = ${workspace} AND name = ${name}`);

export async function deleteRegisteredModel(tx: Tx, workspace: string, name: string): Promise<void> {
  await tx.run(sql`DELETE FROM registered_model_aliases WHERE workspace = ${workspace} AND name = ${name}`);
  await tx.run(sql`DELETE FROM model_version_tags WHERE workspace = ${workspace} AND name = ${name}`);
  await tx.run(sql`DELETE FROM model_versions WHERE workspace = ${workspace} AND name = ${name}`);
  await tx.run(sql`DELETE FROM registered_model_tags WHERE workspace = ${workspace} AND name = ${name}`);
  await tx.run(sql`DELETE FROM registered_models WHERE workspace = ${workspace} AND name = ${name}`);
}

export interface ModelTagRow {
  readonly name: string;
  readonly key: string;
  readonly value: string | null;
}

export const listModelTags = (db: Db, workspace: string, names: readonly string[]) =>
  db.all(
    lookup(sql<ModelTagRow>`
    SELECT name, key, value FROM registered_model_tags
    WHERE workspace = ${workspace} AND ${isIn('name', names)} ORDER BY name, key`),
  );

const TAGS: Insert = {
  into: 'registered_model_tags',
  columns: ['workspace', 'name', 'key', 'value'],
  onConflict: { key: ['workspace', 'key', 'name'], set: ['value'] },
};

export const upsertModelTags = (
  tx: Tx,
  workspace: string,
  name: string,
  tags: readonly { readonly key: string; readonly value: string }[],
) =>
  tx.insert(
    TAGS,
    tags.map(({ key, value }) => [workspace, name, key, value]),
  );

export const deleteModelTag = (tx: Tx, workspace: string, name: string, key: string) =>
  tx.run(sql`
    DELETE FROM registered_model_tags WHERE workspace = ${workspace} AND name = ${name} AND key = ${key}`);
