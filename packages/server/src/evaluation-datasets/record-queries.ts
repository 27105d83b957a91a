import {
  byDialect,
  type Db,
  type EvaluationDatasetRecordRow,
  empty,
  isIn,
  raw,
  type Sql,
  sql,
  type Tx,
} from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';

/**
 * The text of a JSON column. SQLite declares these columns JSON, which it takes for numeric: text that looks like a
 * number would come back as one.
 */
const text = (column: string): Sql =>
  byDialect({
    sqlite: raw(`CAST(r.${column} AS TEXT) AS ${column}`),
    postgresql: raw(`r.${column}`),
    mysql: raw(`r.${column}`),
  });

export type RecordRow = Omit<EvaluationDatasetRecordRow, 'input_hash'>;

/** Where the next page of records begins: after this one. */
export interface RecordPlace {
  readonly created_time: Int64;
  readonly dataset_record_id: string;
}

export const listRecords = (db: Db, dataset_id: string, after: RecordPlace | undefined, limit: number) =>
  db.all(sql<RecordRow>`
    SELECT r.dataset_record_id, r.dataset_id, ${text('inputs')}, ${text('expectations')}, ${text('tags')},
      ${text('source')}, r.source_id, r.source_type, r.created_time, r.last_update_time, r.created_by,
      r.last_updated_by, ${text('outputs')}
    FROM evaluation_dataset_records r
    WHERE r.dataset_id = ${dataset_id}
    ${
      after === undefined
        ? empty
        : sql`AND (r.created_time > ${after.created_time} OR
            (r.created_time = ${after.created_time} AND r.dataset_record_id > ${after.dataset_record_id}))`
    }
    ORDER BY r.created_time, r.dataset_record_id LIMIT ${limit}`);

export type KnownRecord = Pick<
  EvaluationDatasetRecordRow,
  'dataset_record_id' | 'input_hash' | 'expectations' | 'tags' | 'outputs' | 'last_updated_by'
>;

export const listRecordsByHash = (db: Db, dataset_id: string, hashes: readonly string[]) =>
  db.all(sql<KnownRecord>`
    SELECT r.dataset_record_id, r.input_hash, ${text('expectations')}, ${text('tags')}, ${text('outputs')},
      r.last_updated_by
    FROM evaluation_dataset_records r
    WHERE r.dataset_id = ${dataset_id} AND ${isIn('r.input_hash', hashes)}`);

const COLUMNS = [
  'dataset_record_id',
  'dataset_id',
  'inputs',
  'expectations',
  'tags',
  'source',
  'source_id',
  'source_type',
  'created_time',
  'last_update_time',
  'created_by',
  'last_updated_by',
  'input_hash',
  'outputs',
] as const satisfies readonly (keyof EvaluationDatasetRecordRow)[];

/** Fails where another request has added a record with the same inputs since they were looked for. */
export const insertRecords = (tx: Tx, rows: readonly EvaluationDatasetRecordRow[]) =>
  tx.insert(
    { into: 'evaluation_dataset_records', columns: COLUMNS },
    rows.map((row) => COLUMNS.map((column) => row[column])),
  );

export const updateRecord = (tx: Tx, row: Omit<KnownRecord, 'input_hash'>, nowMs: number) =>
  tx.run(sql`
    UPDATE evaluation_dataset_records
    SET expectations = ${row.expectations}, tags = ${row.tags}, outputs = ${row.outputs},
      last_updated_by = ${row.last_updated_by}, last_update_time = ${nowMs}
    WHERE dataset_record_id = ${row.dataset_record_id}`);

export const deleteRecords = (tx: Tx, dataset_id: string, record_ids: readonly string[]) =>
  tx.run(sql`
    DELETE FROM evaluation_dataset_records
    WHERE dataset_id = ${dataset_id} AND ${isIn('dataset_record_id', record_ids)}`);

export const countRecords = async (db: Db, dataset_id: string) =>
  Number(
    (
      await db.get(
        sql<{
          count: number;
        }>`SELECT count(*) AS count FROM evaluation_dataset_records WHERE dataset_id = ${dataset_id}`,
      )
    )?.count ?? 0,
  );
