import { type DatasetRow, type Db, isIn, sql } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { andContains, compare } from '../search/comparison.ts';

export type DatasetHead = Pick<DatasetRow, 'dataset_uuid' | 'name' | 'digest' | 'dataset_source_type'>;

/** In the order of the table's key. */
export const listDatasets = (
  db: Db,
  experiment_id: Int64,
  nameContains: string,
  limit: number,
  offset: number,
) =>
  db.all(sql<DatasetHead>`
    SELECT d.dataset_uuid, d.name, d.digest, d.dataset_source_type FROM datasets d
    WHERE d.experiment_id = ${experiment_id} ${andContains('d.name', nameContains)}
    ORDER BY d.name, d.digest LIMIT ${limit} OFFSET ${offset}`);

export const findDataset = (db: Db, experiment_id: Int64, name: string, digest: string) =>
  db.get(sql<DatasetRow>`
    SELECT d.dataset_uuid, d.experiment_id, d.name, d.digest, d.dataset_source_type, d.dataset_source,
      d.dataset_schema, d.dataset_profile
    FROM datasets d
    WHERE d.experiment_id = ${experiment_id} AND ${compare('d.name', { comparator: '=', value: name })}
      AND ${compare('d.digest', { comparator: '=', value: digest })}`);

export interface UsageRow {
  readonly dataset_uuid: string;
  readonly run_count: Int64;
  readonly last_run_time: Int64 | null;
}

/** Data sets that no active run has read are absent. */
export const countRuns = (db: Db, dataset_uuids: readonly string[]) =>
  db.all(sql<UsageRow>`
    SELECT i.source_id AS dataset_uuid, COUNT(*) AS run_count, MAX(r.start_time) AS last_run_time
    FROM inputs i JOIN runs r ON r.run_uuid = i.destination_id
    WHERE i.source_type = 'DATASET' AND ${isIn('i.source_id', dataset_uuids)} AND i.destination_type = 'RUN'
      AND r.lifecycle_stage = 'active'
    GROUP BY i.source_id`);

export interface ContextRow {
  readonly dataset_uuid: string;
  readonly context: string;
}

/** The first few of each data set, in order. */
export const listContexts = (db: Db, dataset_uuids: readonly string[], most: number) =>
  db.all(sql<ContextRow>`
    SELECT DISTINCT dataset_uuid, context FROM (
      SELECT i.source_id AS dataset_uuid, t.value AS context,
        DENSE_RANK() OVER (PARTITION BY i.source_id ORDER BY t.value) AS place
      FROM inputs i JOIN runs r ON r.run_uuid = i.destination_id
      JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
      WHERE i.source_type = 'DATASET' AND ${isIn('i.source_id', dataset_uuids)} AND i.destination_type = 'RUN'
        AND r.lifecycle_stage = 'active'
    ) AS ranked
    WHERE place <= ${most} ORDER BY dataset_uuid, context`);

export const findNewestRun = (db: Db, dataset_uuid: string) =>
  db.get(sql<{ run_uuid: string }>`
    SELECT r.run_uuid FROM inputs i JOIN runs r ON r.run_uuid = i.destination_id
    WHERE i.source_type = 'DATASET' AND i.source_id = ${dataset_uuid} AND i.destination_type = 'RUN'
      AND r.lifecycle_stage = 'active'
    ORDER BY r.start_time DESC, r.run_uuid LIMIT 1`);
