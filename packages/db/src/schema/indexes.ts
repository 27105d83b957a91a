import type { DatabaseSync } from 'node:sqlite';
import { OWN_INDEXES, ownTableStatements } from './own-tables.ts';

/**
 * The keys that the indexes on values of tags and metadata of traces hold: the callers' own and a few of MLflow's. The
 * rest of MLflow's are as good as unique, or the same for all. A statement that repeats the text can use the index.
 */
export const INDEXED_TAG_KEYS = "key < 'mlflow.' OR key >= 'mlflow/'";
export const INDEXED_METADATA_KEYS = `${INDEXED_TAG_KEYS} OR key = 'mlflow.sourceRun' OR key = 'mlflow.trace.user'`;

/** So many characters of a value, and of a trace's name, stand in PostgreSQL's indexes. */
export const VALUE_PREFIX = 100;
export const NAME_PREFIX = 250;

export interface Index {
  readonly name: string;
  /** Table and columns, as `CREATE INDEX … ON` takes them. */
  readonly on: string;
}

/**
 * Indexes that MLflow lacks and our plans rest on. MLflow ignores indexes it does not know. They keep to plain columns
 * in ascending order, because Alembic loses expressions and DESC when it rebuilds a table on SQLite, and none is
 * unique. `metrics` gets none: each costs on every point that is logged.
 *
 * Measured on 100,000 runs of 10 metrics, 10 params and 6 tags: a first page of runs takes 0.3 ms instead of 47, the
 * order of a metric or param 0.5 instead of 450, and few matches of a filter about 1 instead of 400. For that, logging
 * a metric writes 42 % more pages and a run with all its values 47 %. Together they are made in about 3 seconds and add
 * 100 MB to 730.
 */
export const INDEXES: readonly Index[] = [
  { name: 'bitacora_runs_by_start', on: 'runs (experiment_id, lifecycle_stage, start_time, run_uuid)' },
  // NaN is stored as 0 and comes after all numbers: with `is_nan` before the value each kind is a range of its own.
  { name: 'bitacora_latest_metrics_by_value', on: 'latest_metrics (key, is_nan, value, run_uuid)' },
  // Every tag of every run would cost a tenth of the rate of new runs; only nested runs are looked up by a tag's value.
  { name: 'bitacora_tags_by_parent', on: "tags (value, run_uuid) WHERE key = 'mlflow.parentRunId'" },
  // Without the run's id, which the table has: half the size, and equal values stand in the order they came.
  { name: 'bitacora_params_by_value', on: 'params (key, value)' },
  { name: 'bitacora_experiment_tags_by_experiment', on: 'experiment_tags (experiment_id)' },
  {
    name: 'bitacora_logged_models_by_creation',
    on: 'logged_models (experiment_id, lifecycle_stage, creation_timestamp_ms, model_id)',
  },
  { name: 'bitacora_logged_models_by_run', on: 'logged_models (source_run_id)' },
  // Besides reading them: SQLite looks here for children whenever a run is purged.
  { name: 'bitacora_logged_model_metrics_by_run', on: 'logged_model_metrics (run_id)' },
  // The order of a search that asks for none, and what is asked to show a run: of 100,000 versions a first page takes
  // 4 ms instead of 220, and those of a run 0.01 instead of 100.
  { name: 'bitacora_model_versions_by_update', on: 'model_versions (workspace, last_updated_time)' },
  { name: 'bitacora_model_versions_by_run', on: 'model_versions (workspace, run_id)' },
  // The order of time is MLflow's own. Rare states and names, the slowest traces and values of tags are found by these:
  // measured among a million traces, a first page takes below 5 ms, and 28 to 37 where a rare tag or a user decides. A
  // trace with its rows writes 13 % more pages.
  { name: 'bitacora_traces_by_status', on: 'trace_info (experiment_id, status, timestamp_ms)' },
  { name: 'bitacora_traces_by_name', on: 'trace_info (experiment_id, trace_name, timestamp_ms)' },
  { name: 'bitacora_traces_by_duration', on: 'trace_info (experiment_id, execution_time_ms, timestamp_ms)' },
  {
    name: 'bitacora_traces_by_client_request',
    on: 'trace_info (client_request_id) WHERE client_request_id IS NOT NULL',
  },
  { name: 'bitacora_trace_tags_by_value', on: `trace_tags (key, value) WHERE ${INDEXED_TAG_KEYS}` },
  {
    name: 'bitacora_trace_metadata_by_value',
    on: `trace_request_metadata (key, value) WHERE ${INDEXED_METADATA_KEYS}`,
  },
  ...OWN_INDEXES,
];

/** So many characters of a value stand in PostgreSQL's index of params. */
export const PREFIX_CHARACTERS = 200;

/** The same for engines that keep statistics of their own and have limits of their own on what an index may hold. */
export const SERVER_INDEXES: Readonly<Record<'postgresql' | 'mysql', readonly Index[]>> = {
  postgresql: INDEXES.map((index) => {
    switch (index.name) {
      // An entry of a b-tree may have 2,704 bytes, and values may have more: their beginning has to do.
      case 'bitacora_params_by_value':
        return { ...index, on: `params (key, left(value, ${PREFIX_CHARACTERS}))` };
      case 'bitacora_tags_by_parent':
        return { ...index, on: "tags USING hash (value) WHERE key = 'mlflow.parentRunId'" };
      case 'bitacora_traces_by_name':
        return { ...index, on: `trace_info (experiment_id, left(trace_name, ${NAME_PREFIX}), timestamp_ms)` };
      case 'bitacora_trace_tags_by_value':
      case 'bitacora_trace_metadata_by_value':
        return { ...index, on: index.on.replace('value)', `left(value, ${VALUE_PREFIX}))`) };
      default:
        return index;
    }
  }),
  mysql: INDEXES.map((index) => {
    switch (index.name) {
      // 3,072 bytes at four to a character.
      case 'bitacora_params_by_value':
        return { ...index, on: 'params (`key`, value(191))' };
      // There are no partial indexes.
      case 'bitacora_tags_by_parent':
        return { ...index, on: 'tags (value(36), `key`)' };
      case 'bitacora_traces_by_client_request':
        return { ...index, on: 'trace_info (client_request_id)' };
      case 'bitacora_traces_by_name':
        return { ...index, on: 'trace_info (experiment_id, trace_name(191), timestamp_ms)' };
      case 'bitacora_trace_tags_by_value':
        return { ...index, on: `trace_tags (\`key\`, value(${VALUE_PREFIX}))` };
      case 'bitacora_trace_metadata_by_value':
        return { ...index, on: `trace_request_metadata (\`key\`, value(${VALUE_PREFIX}))` };
      default:
        return { ...index, on: index.on.replace(/\bkey\b/g, '`key`') };
    }
  }),
};

/** Adds our own tables, and those of our indexes that the database lacks. */
export function ensureOwn(db: DatabaseSync): void {
  ensureOwnTables(db);
  for (const index of missingIndexes(db)) addIndex(db, index);
}

export function ensureOwnTables(db: DatabaseSync): void {
  for (const statement of ownTableStatements('sqlite')) db.exec(statement);
}

/** All of them in a database of MLflow's, later those that an upgrade by Alembic dropped. */
export function missingIndexes(db: DatabaseSync): readonly Index[] {
  const rows = db.prepare("SELECT name FROM sqlite_master WHERE type = 'index'").all();
  const present = new Set(rows.map(({ name }) => name));
  return INDEXES.filter(({ name }) => !present.has(name));
}

/** In a transaction of its own, so that others get their turn before the next. */
export function addIndex(db: DatabaseSync, { name, on }: Index): void {
  db.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${on}`);
}
