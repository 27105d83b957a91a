import {
  type DatasetRow,
  type Db,
  empty,
  type Insert,
  isIn,
  join,
  type LoggedModelRow,
  raw,
  type Sql,
  sql,
  type Tx,
} from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { andInScope, type Scope } from '../workspaces/scope.ts';

const COLUMNS = sql`m.model_id, m.experiment_id, m.name, m.artifact_location, m.creation_timestamp_ms,
  m.last_updated_timestamp_ms, m.status, m.lifecycle_stage, m.model_type, m.source_run_id, m.status_message`;

/** @param lock how the model is to be held. */
export const findLoggedModel = (db: Db, scope: Scope, model_id: string, lock = empty) =>
  db.get(sql<LoggedModelRow>`
    SELECT ${COLUMNS} FROM logged_models m WHERE m.model_id = ${model_id} ${andInScope(scope, 'm.experiment_id')} ${lock}`);

export interface Selection {
  readonly joins: Sql;
  readonly where: Sql;
  readonly orderBy: readonly Sql[];
}

export const listLoggedModels = (
  db: Db,
  { joins, where, orderBy }: Selection,
  limit: number,
  offset: number,
) =>
  db.all(sql<LoggedModelRow>`
    SELECT ${COLUMNS} FROM logged_models m ${joins} WHERE ${where}
    ORDER BY ${join(orderBy, ', ')} LIMIT ${limit} OFFSET ${offset}`);

interface KeyedRow {
  readonly model_id: string;
  readonly key: string;
  readonly value: string;
}

export const listModelTags = (db: Db, model_ids: readonly string[]) =>
  db.all(sql<KeyedRow>`
    SELECT model_id, tag_key AS key, tag_value AS value FROM logged_model_tags
    WHERE ${isIn('model_id', model_ids)} ORDER BY model_id, tag_key`);

export const listModelParams = (db: Db, model_ids: readonly string[]) =>
  db.all(sql<KeyedRow>`
    SELECT model_id, param_key AS key, param_value AS value FROM logged_model_params
    WHERE ${isIn('model_id', model_ids)} ORDER BY model_id, param_key`);

export interface ModelMetricRow {
  readonly model_id: string;
  readonly metric_name: string;
  readonly metric_timestamp_ms: Int64;
  readonly metric_step: Int64;
  readonly metric_value: number | null;
  readonly run_id: string;
  readonly dataset_name: string | null;
  readonly dataset_digest: string | null;
}

export const listModelMetrics = (db: Db, model_ids: readonly string[]) =>
  db.all(sql<ModelMetricRow>`
    SELECT model_id, metric_name, metric_timestamp_ms, metric_step, metric_value, run_id, dataset_name, dataset_digest
    FROM logged_model_metrics WHERE ${isIn('model_id', model_ids)}
    ORDER BY model_id, metric_name, metric_timestamp_ms, metric_step, run_id`);

export const insertLoggedModel = (tx: Tx, row: Omit<LoggedModelRow, 'lifecycle_stage' | 'status_message'>) =>
  tx.run(sql`
    INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms,
      last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id)
    VALUES (${row.model_id}, ${row.experiment_id}, ${row.name}, ${row.artifact_location},
      ${row.creation_timestamp_ms}, ${row.last_updated_timestamp_ms}, ${row.status}, 'active', ${row.model_type},
      ${row.source_run_id})`);

export const setStatus = (tx: Tx, model_id: string, status: number, nowMs: number) =>
  tx.run(sql`
    UPDATE logged_models SET status = ${status}, last_updated_timestamp_ms = ${nowMs} WHERE model_id = ${model_id}`);

/** There is no time of deletion in the table: the last update is it. */
export const deleteLoggedModel = (tx: Tx, model_id: string, nowMs: number) =>
  tx.run(sql`
    UPDATE logged_models SET lifecycle_stage = 'deleted', last_updated_timestamp_ms = ${nowMs}
    WHERE model_id = ${model_id}`);

type Pair = { readonly key: string; readonly value: string };
type Model = Pick<LoggedModelRow, 'model_id' | 'experiment_id'>;

/** Fails where a key exists. */
export const insertModelParams = (tx: Tx, { model_id, experiment_id }: Model, params: readonly Pair[]) =>
  tx.insert(
    {
      into: 'logged_model_params',
      columns: ['model_id', 'experiment_id', 'param_key', 'param_value'],
    },
    params.map(({ key, value }) => [model_id, experiment_id, key, value]),
  );

const MODEL_TAGS: Insert = {
  into: 'logged_model_tags',
  columns: ['model_id', 'experiment_id', 'tag_key', 'tag_value'],
  onConflict: { key: ['model_id', 'tag_key'], set: ['tag_value'] },
};

export const upsertModelTags = (tx: Tx, { model_id, experiment_id }: Model, tags: readonly Pair[]) =>
  tx.insert(
    MODEL_TAGS,
    tags.map(({ key, value }) => [model_id, experiment_id, key, value]),
  );

export const deleteModelTag = (tx: Tx, model_id: string, key: string) =>
  tx.run(sql`DELETE FROM logged_model_tags WHERE model_id = ${model_id} AND tag_key = ${key}`);

const MODEL_METRICS: Insert = {
  into: 'logged_model_metrics',
  columns: [
    'model_id',
    'metric_name',
    'metric_timestamp_ms',
    'metric_step',
    'metric_value',
    'experiment_id',
    'run_id',
    'dataset_uuid',
    'dataset_name',
    'dataset_digest',
  ],
  onConflict: 'ignore',
};

export interface NewModelMetric extends ModelMetricRow {
  readonly experiment_id: Int64;
  readonly dataset_uuid: string | null;
}

export const listDatasetIds = (db: Db, experiment_id: Int64, names: readonly string[]) =>
  db.all(sql<Pick<DatasetRow, 'dataset_uuid' | 'name' | 'digest'>>`
    SELECT dataset_uuid, name, digest FROM datasets
    WHERE experiment_id = ${experiment_id} AND ${isIn('name', names)}`);

/** A point with the same model, name, time, step and run is the same point: the first value stays. */
export const insertModelMetricRows = (tx: Tx, rows: readonly NewModelMetric[]) =>
  tx.insert(
    MODEL_METRICS,
    rows.map((row) => [
      row.model_id,
      row.metric_name,
      row.metric_timestamp_ms,
      row.metric_step,
      row.metric_value,
      row.experiment_id,
      row.run_id,
      row.dataset_uuid,
      row.dataset_name,
      row.dataset_digest,
    ]),
  );

export async function listUnknownModels(
  db: Db,
  scope: Scope,
  model_ids: readonly string[],
): Promise<string[]> {
  const known = await db.all(
    sql<{ model_id: string }>`
      SELECT m.model_id FROM logged_models m
      WHERE ${isIn('m.model_id', model_ids)} ${andInScope(scope, 'm.experiment_id')}`,
  );
  const ids = new Set(known.map(({ model_id }) => model_id));
  return model_ids.filter((model_id) => !ids.has(model_id));
}

export const modelColumn = (name: string): Sql => raw(`m.${name}`);
