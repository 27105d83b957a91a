import {
  type Db,
  type EvaluationDatasetRow,
  type EvaluationDatasetTagRow,
  empty,
  type Insert,
  isIn,
  type Sql,
  sql,
  type Tx,
} from '@bitacora/db';
import { andOwn, type Scope } from '../workspaces/scope.ts';

const COLUMNS = sql`d.dataset_id, d.name, d.schema, d.profile, d.digest, d.created_time, d.last_update_time, d.created_by, d.last_updated_by, d.workspace`;

/** @param lock how the data set is to be held. */
export const findDataset = (db: Db, scope: Scope, dataset_id: string, lock = empty) =>
  db.get(sql<EvaluationDatasetRow>`
    SELECT ${COLUMNS} FROM evaluation_datasets d
    WHERE d.dataset_id = ${dataset_id} ${andOwn(scope, 'd.workspace')} ${lock}`);

export const listDatasets = (db: Db, where: Sql, orderBy: Sql, limit: number, offset: number) =>
  db.all(sql<EvaluationDatasetRow>`
    SELECT ${COLUMNS} FROM evaluation_datasets d WHERE ${where}
    ORDER BY ${orderBy} LIMIT ${limit} OFFSET ${offset}`);

export const listDatasetTags = (db: Db, dataset_ids: readonly string[]) =>
  db.all(sql<EvaluationDatasetTagRow>`
    SELECT t.dataset_id, t.key, t.value FROM evaluation_dataset_tags t
    WHERE ${isIn('t.dataset_id', dataset_ids)} ORDER BY t.dataset_id, t.key`);

export type NewDataset = Omit<EvaluationDatasetRow, 'schema' | 'profile'>;

export const insertDataset = (tx: Tx, row: NewDataset) =>
  tx.run(sql`
    INSERT INTO evaluation_datasets (dataset_id, name, digest, created_time, last_update_time, created_by,
      last_updated_by, workspace)
    VALUES (${row.dataset_id}, ${row.name}, ${row.digest}, ${row.created_time}, ${row.last_update_time},
      ${row.created_by}, ${row.last_updated_by}, ${row.workspace})`);

/** Records and tags go with it by their foreign keys. */
export const deleteDataset = (tx: Tx, dataset_id: string) =>
  tx.run(sql`DELETE FROM evaluation_datasets WHERE dataset_id = ${dataset_id}`);

const TAGS: Insert = {
  into: 'evaluation_dataset_tags',
  columns: ['dataset_id', 'key', 'value'],
  onConflict: { key: ['dataset_id', 'key'], set: ['value'] },
};

export const upsertDatasetTags = (
  tx: Tx,
  dataset_id: string,
  tags: readonly (readonly [key: string, value: string | null])[],
) =>
  tx.insert(
    TAGS,
    tags.map(([key, value]) => [dataset_id, key, value]),
  );

export const deleteDatasetTag = (tx: Tx, dataset_id: string, key: string) =>
  tx.run(sql`
    DELETE FROM evaluation_dataset_tags
    WHERE dataset_id = ${dataset_id} AND key = ${key}`);

export const touchDataset = (tx: Tx, dataset_id: string, nowMs: number) =>
  tx.run(sql`UPDATE evaluation_datasets SET last_update_time = ${nowMs} WHERE dataset_id = ${dataset_id}`);

export const setProfile = (tx: Tx, dataset_id: string, profile: string) =>
  tx.run(sql`UPDATE evaluation_datasets SET profile = ${profile} WHERE dataset_id = ${dataset_id}`);

/** After records came: who, when, and what the data set looks like now. */
export const setContent = (
  tx: Tx,
  row: Pick<
    EvaluationDatasetRow,
    'dataset_id' | 'schema' | 'profile' | 'digest' | 'last_update_time' | 'last_updated_by'
  >,
) =>
  tx.run(sql`
    UPDATE evaluation_datasets
    SET schema = ${row.schema}, profile = ${row.profile}, digest = ${row.digest},
      last_update_time = ${row.last_update_time}, last_updated_by = ${row.last_updated_by}
    WHERE dataset_id = ${row.dataset_id}`);
