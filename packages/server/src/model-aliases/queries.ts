import { type Db, type Insert, isIn, lookup, type RegisteredModelAliasRow, sql, type Tx } from '@bitacora/db';

export const listAliases = (db: Db, workspace: string, names: readonly string[]) =>
  db.all(
    lookup(sql<RegisteredModelAliasRow>`
    SELECT alias, version, name, workspace FROM registered_model_aliases
    WHERE workspace = ${workspace} AND ${isIn('name', names)} ORDER BY name, alias`),
  );

export const findAlias = (db: Db, workspace: string, name: string, alias: string) =>
  db.get(sql<RegisteredModelAliasRow>`
    SELECT alias, version, name, workspace FROM registered_model_aliases
    WHERE workspace = ${workspace} AND name = ${name} AND alias = ${alias}`);

/** The number of the version that an alias names, within another statement. */
export const numberOfAlias = (workspace: string, name: string, alias: string) =>
  sql`(SELECT a.version FROM registered_model_aliases a
    WHERE a.workspace = ${workspace} AND a.name = ${name} AND a.alias = ${alias})`;

const ALIASES: Insert = {
  into: 'registered_model_aliases',
  columns: ['workspace', 'name', 'alias', 'version'],
  onConflict: { key: ['workspace', 'name', 'alias'], set: ['version', 'alias'] },
};

export const upsertAlias = (tx: Tx, row: RegisteredModelAliasRow) =>
  tx.insert(ALIASES, [[row.workspace, row.name, row.alias, row.version]]);

export const deleteAlias = (tx: Tx, workspace: string, name: string, alias: string) =>
  tx.run(sql`
    DELETE FROM registered_model_aliases WHERE workspace = ${workspace} AND name = ${name} AND alias = ${alias}`);

export const deleteAliasesOfVersion = (tx: Tx, workspace: string, name: string, version: number) =>
  tx.run(sql`
    DELETE FROM registered_model_aliases
    WHERE workspace = ${workspace} AND name = ${name} AND version = ${version}`);
