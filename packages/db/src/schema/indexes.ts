/**
 * Indexes that MLflow lacks and our plans rest on. MLflow ignores indexes it does not know. They keep to plain columns
 * in ascending order, because Alembic loses expressions and DESC when it rebuilds a table on SQLite, and none is
 * unique. `metrics` gets none: each costs on every point that is logged.
 */
export const INDEXES: readonly { readonly name: string; readonly on: string }[] = [
  { name: 'bitacora_runs_by_start', on: 'runs (experiment_id, lifecycle_stage, start_time, run_uuid)' },
  { name: 'bitacora_latest_metrics_by_value', on: 'latest_metrics (key, is_nan, value, run_uuid)' },
  // Every tag of every run would cost a tenth of the rate of new runs; only nested runs are looked up by a tag's value.
  { name: 'bitacora_tags_by_parent', on: "tags (value, run_uuid) WHERE key = 'mlflow.parentRunId'" },
  { name: 'bitacora_params_by_value', on: 'params (key, value, run_uuid)' },
  {
    name: 'bitacora_logged_models_by_creation',
    on: 'logged_models (experiment_id, lifecycle_stage, creation_timestamp_ms, model_id)',
  },
  { name: 'bitacora_logged_models_by_run', on: 'logged_models (source_run_id)' },
  { name: 'bitacora_logged_model_metrics_by_run', on: 'logged_model_metrics (run_id)' },
];
