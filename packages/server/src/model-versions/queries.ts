import {
  type Db,
  type Insert,
  isIn,
  type ModelVersionRow,
  pairs,
  returningId,
  type Sql,
  sql,
  type Tx,
} from '@bitacora/db';

const COLUMNS = sql`m.name, m.version, m.creation_time, m.last_updated_time, m.description, m.user_id, m.current_stage,
  m.source, m.run_id, m.status, m.status_message, m.run_link, m.storage_location, m.workspace`;

/** The stage of a deleted version, whose row stays so that its number is not given again. */
export const DELETED_STAGE = 'Deleted_Internal';

/** A version's number, or what finds it: `(SELECT …)`. */
export type Which = number | Sql;

const numberOf = (which: Which): Sql => (typeof which === 'number' ? sql`${which}` : which);

export const findVersion = (db: Db, workspace: string, name: string, which: Which) =>
  db.get(sql<ModelVersionRow>`
    SELECT ${COLUMNS} FROM model_versions m WHERE m.workspace = ${workspace} AND m.name = ${name}
    AND m.version = ${numberOf(which)} AND m.current_stage <> ${DELETED_STAGE}`);

export const listVersions = (db: Db, where: Sql, orderBy: Sql, limit: number, offset: number) =>
  db.all(sql<ModelVersionRow>`
    SELECT ${COLUMNS} FROM model_versions m WHERE m.current_stage <> ${DELETED_STAGE} AND ${where}
    ORDER BY ${orderBy} LIMIT ${limit} OFFSET ${offset}`);

/** The newest version of each stage of each model. */
export const listLatestVersions = (db: Db, workspace: string, names: readonly string[]) =>
  db.all(sql<ModelVersionRow>`
    SELECT ${COLUMNS} FROM (
      SELECT ${COLUMNS}, row_number() OVER (PARTITION BY m.name, m.current_stage ORDER BY m.version DESC) AS place
      FROM model_versions m
      WHERE m.workspace = ${workspace} AND ${isIn('m.name', names)} AND m.current_stage <> ${DELETED_STAGE}) m
    WHERE m.place = 1 ORDER BY m.name, m.version`);

/**
 * Deleted ones count: their numbers are spent. MySQL reads the table it inserts into only from within a subquery. Asked for
 * the last of an order and not for the greatest, PostgreSQL walks the key even while it knows nothing of the table: it
 * would read all versions of the workspace by an index that begins with that, until it has looked at them.
 */
const nextVersion = (workspace: string, name: string) =>
  sql`coalesce((SELECT spent.version FROM
    (SELECT version FROM model_versions WHERE workspace = ${workspace} AND name = ${name}
      ORDER BY version DESC LIMIT 1) spent), 0) + 1`;

type VersionName = Pick<ModelVersionRow, 'name' | 'version'>;

/**
 * Adds a version under the next number, which the statement itself finds: of two that come at once on one connection the
 * later one counts the earlier one's. @returns its name, as the model has it, and number; undefined where there is no model.
 */
export async function insertNextVersion(
  tx: Tx,
  row: Omit<ModelVersionRow, 'version'>,
): Promise<VersionName | undefined> {
  const { changes, lastInsertId } = await tx.run(sql`
    INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, user_id, current_stage,
      source, run_id, status, status_message, run_link, storage_location, workspace)
    SELECT m.name, ${nextVersion(row.workspace, row.name)}, ${row.creation_time}, ${row.last_updated_time},
      ${row.description}, ${row.user_id}, ${row.current_stage}, ${row.source}, ${row.run_id}, ${row.status},
      ${row.status_message}, ${row.run_link}, ${row.storage_location}, m.workspace
    FROM registered_models m WHERE m.workspace = ${row.workspace} AND m.name = ${row.name} ${returningId('version')}`);
  if (changes === 0) return undefined;
  // There names are compared as they are, so that this is the model's own.
  if (tx.dialect === 'postgresql') return { name: row.name, version: Number(lastInsertId) };
  return tx.get(sql<VersionName>`
    SELECT name, version FROM model_versions WHERE workspace = ${row.workspace} AND name = ${row.name}
    ORDER BY version DESC LIMIT 1`);
}

interface Key {
  readonly workspace: string;
  readonly name: string;
  readonly version: number;
}

const isVersion = ({ workspace, name, version }: Key) =>
  sql`workspace = ${workspace} AND name = ${name} AND version = ${version}`;

export const setDescription = (tx: Tx, key: Key, description: string | null, nowMs: number) =>
  tx.run(sql`
    UPDATE model_versions SET description = ${description}, last_updated_time = ${nowMs} WHERE ${isVersion(key)}`);

export const setStage = (tx: Tx, key: Key, stage: string, nowMs: number) =>
  tx.run(sql`
    UPDATE model_versions SET current_stage = ${stage}, last_updated_time = ${nowMs} WHERE ${isVersion(key)}`);

export const archiveOthers = (tx: Tx, { workspace, name, version }: Key, stage: string, nowMs: number) =>
  tx.run(sql`
    UPDATE model_versions SET current_stage = 'Archived', last_updated_time = ${nowMs}
    WHERE workspace = ${workspace} AND name = ${name} AND version <> ${version} AND current_stage = ${stage}`);

export const touchVersions = (tx: Tx, workspace: string, name: string, nowMs: number) =>
  tx.run(sql`
    UPDATE model_versions SET last_updated_time = ${nowMs} WHERE workspace = ${workspace} AND name = ${name}`);

/** What the row said is gone; MLflow writes these words in its place. */
export const redactVersion = (tx: Tx, key: Key, nowMs: number) =>
  tx.run(sql`
    UPDATE model_versions SET current_stage = ${DELETED_STAGE}, last_updated_time = ${nowMs}, description = NULL,
      user_id = NULL, source = 'REDACTED-SOURCE-PATH', run_id = 'REDACTED-RUN-ID', run_link = 'REDACTED-RUN-LINK',
      status_message = NULL
    WHERE ${isVersion(key)}`);

export interface VersionTagRow {
  readonly name: string;
  readonly version: number;
  readonly key: string;
  readonly value: string | null;
}

type NoTagRow = Omit<VersionTagRow, 'key'> & { readonly key: null };

export const listVersionTags = (
  db: Db,
  workspace: string,
  versions: readonly { readonly name: string; readonly version: number }[],
) =>
  db.all(sql<VersionTagRow>`
    SELECT name, version, key, value FROM model_version_tags
    WHERE workspace = ${workspace}
      AND (name, version) IN ${pairs(versions.map(({ name, version }) => [name, version]))}
    ORDER BY name, version, key`);

export const listTagsOf = (db: Db, workspace: string, name: string, version: number) =>
  db.all(sql<VersionTagRow>`
    SELECT name, version, key, value FROM model_version_tags
    WHERE workspace = ${workspace} AND name = ${name} AND version = ${version} ORDER BY key`);

/** With each the version that the alias named then; a row without a tag where that version has none. */
export const listTagsOfAlias = (db: Db, workspace: string, name: string, alias: string) =>
  db.all(sql<VersionTagRow | NoTagRow>`
    SELECT a.name, a.version, t.key, t.value FROM registered_model_aliases a
    LEFT JOIN model_version_tags t ON t.workspace = a.workspace AND t.name = a.name AND t.version = a.version
    WHERE a.workspace = ${workspace} AND a.name = ${name} AND a.alias = ${alias} ORDER BY t.key`);

const TAGS: Insert = {
  into: 'model_version_tags',
  columns: ['workspace', 'name', 'version', 'key', 'value'],
  onConflict: { key: ['workspace', 'key', 'name', 'version'], set: ['value'] },
};

export const upsertVersionTags = (
  tx: Tx,
  { workspace, name, version }: Key,
  tags: readonly { readonly key: string; readonly value: string }[],
) =>
  tx.insert(
    TAGS,
    tags.map(({ key, value }) => [workspace, name, version, key, value]),
  );

export const deleteVersionTag = (tx: Tx, key: Key, tag: string) =>
  tx.run(sql`DELETE FROM model_version_tags WHERE ${isVersion(key)} AND key = ${tag}`);
