import type { Int64 } from '@bitacora/protocol';

/** `status` is 0 unspecified, 1 pending, 2 ready, 3 failed. */
export interface LoggedModelRow {
  readonly model_id: string;
  readonly experiment_id: Int64;
  readonly name: string;
  readonly artifact_location: string;
  readonly creation_timestamp_ms: Int64;
  readonly last_updated_timestamp_ms: Int64;
  readonly status: number;
  readonly lifecycle_stage: string | null;
  readonly model_type: string | null;
  readonly source_run_id: string | null;
  readonly status_message: string | null;
}

export interface LoggedModelParamRow {
  readonly model_id: string;
  readonly experiment_id: Int64;
  readonly param_key: string;
  readonly param_value: string;
}

export interface LoggedModelTagRow {
  readonly model_id: string;
  readonly experiment_id: Int64;
  readonly tag_key: string;
  readonly tag_value: string;
}

/** There is no `is_nan` here: MLflow stores NaN as plain 0. */
export interface LoggedModelMetricRow {
  readonly model_id: string;
  readonly metric_name: string;
  readonly metric_timestamp_ms: Int64;
  readonly metric_step: Int64;
  readonly metric_value: number | null;
  readonly experiment_id: Int64;
  readonly run_id: string;
  readonly dataset_uuid: string | null;
  readonly dataset_name: string | null;
  readonly dataset_digest: string | null;
}
