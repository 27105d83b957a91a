import type { Int64 } from '@bitacora/protocol';

/**
 * The rows of MLflow's tracking tables: its names, its order of columns, and null only where the table allows it.
 * `tables.test.ts` holds them against the schema. Booleans are SQLite's 0 and 1.
 */

export interface ExperimentRow {
  readonly experiment_id: Int64;
  readonly name: string;
  readonly artifact_location: string | null;
  readonly lifecycle_stage: string | null;
  readonly creation_time: Int64 | null;
  readonly last_update_time: Int64 | null;
  readonly workspace: string;
}

export interface ExperimentTagRow {
  readonly key: string;
  readonly value: string | null;
  readonly experiment_id: Int64;
}

export interface RunRow {
  readonly run_uuid: string;
  readonly name: string | null;
  readonly source_type: string | null;
  readonly source_name: string | null;
  readonly entry_point_name: string | null;
  readonly user_id: string | null;
  readonly status: string | null;
  readonly start_time: Int64 | null;
  readonly end_time: Int64 | null;
  readonly source_version: string | null;
  readonly lifecycle_stage: string | null;
  readonly artifact_uri: string | null;
  readonly experiment_id: Int64 | null;
  readonly deleted_time: Int64 | null;
}

export interface TagRow {
  readonly key: string;
  readonly value: string | null;
  readonly run_uuid: string;
}

export interface ParamRow {
  readonly key: string;
  readonly value: string;
  readonly run_uuid: string;
}

/** NaN is stored as the value 0 with `is_nan` set; infinities as the largest finite numbers. */
export interface MetricRow {
  readonly key: string;
  readonly value: number;
  readonly timestamp: Int64;
  readonly run_uuid: string;
  readonly step: Int64;
  readonly is_nan: 0 | 1;
}

/** The greatest (step, timestamp, value) of each key, kept beside the history so that searches need not read it. */
export interface LatestMetricRow {
  readonly key: string;
  readonly value: number;
  readonly timestamp: Int64 | null;
  readonly step: Int64;
  readonly is_nan: 0 | 1;
  readonly run_uuid: string;
}

export interface DatasetRow {
  readonly dataset_uuid: string;
  readonly experiment_id: Int64;
  readonly name: string;
  readonly digest: string;
  readonly dataset_source_type: string;
  readonly dataset_source: string;
  readonly dataset_schema: string | null;
  readonly dataset_profile: string | null;
}

/**
 * An edge. A data set points at the run that read it (`DATASET` to `RUN`); a run points at the models it read
 * (`RUN_INPUT` to `MODEL_INPUT`) and made (`RUN_OUTPUT` to `MODEL_OUTPUT`).
 */
export interface InputRow {
  readonly input_uuid: string;
  readonly source_type: string;
  readonly source_id: string;
  readonly destination_type: string;
  readonly destination_id: string;
  readonly step: Int64;
}

export interface InputTagRow {
  readonly input_uuid: string;
  readonly name: string;
  readonly value: string;
}

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

export interface RegisteredModelRow {
  readonly name: string;
  readonly creation_time: Int64 | null;
  readonly last_updated_time: Int64 | null;
  readonly description: string | null;
  readonly workspace: string;
}

export interface RegisteredModelAliasRow {
  readonly alias: string;
  readonly version: number;
  readonly name: string;
  readonly workspace: string;
}

export interface ModelVersionRow {
  readonly name: string;
  readonly version: number;
  readonly creation_time: Int64 | null;
  readonly last_updated_time: Int64 | null;
  readonly description: string | null;
  readonly user_id: string | null;
  readonly current_stage: string | null;
  readonly source: string | null;
  readonly run_id: string | null;
  readonly status: string | null;
  readonly status_message: string | null;
  readonly run_link: string | null;
  readonly storage_location: string | null;
  readonly workspace: string;
}

export interface WebhookRow {
  readonly webhook_id: string;
  readonly name: string;
  readonly description: string | null;
  readonly url: string;
  readonly status: string;
  readonly secret: string | null;
  readonly creation_timestamp: Int64 | null;
  readonly last_updated_timestamp: Int64 | null;
  readonly deleted_timestamp: Int64 | null;
  readonly workspace: string;
}

export interface WebhookEventRow {
  readonly webhook_id: string;
  readonly entity: string;
  readonly action: string;
}

/** Our own table: what is sent to webhooks. Times are milliseconds since the epoch. */
export interface WebhookDeliveryRow {
  readonly delivery_id: string;
  readonly webhook_id: string;
  readonly entity: string;
  readonly action: string;
  readonly status: string;
  readonly attempts: number;
  readonly creation_timestamp: Int64;
  readonly last_attempt_timestamp: Int64 | null;
  readonly next_attempt_timestamp: Int64 | null;
  readonly claimed_by: string | null;
  readonly claimed_until: Int64 | null;
  readonly response_status: number | null;
  readonly response_excerpt: string | null;
  readonly error_message: string | null;
  readonly body: string;
}

/** The header of a trace. `request_id` is its id; name, session, tokens and cost stand here alone and not among tags or metadata. */
export interface TraceInfoRow {
  readonly request_id: string;
  readonly experiment_id: Int64;
  readonly timestamp_ms: Int64;
  readonly execution_time_ms: Int64 | null;
  readonly status: string;
  readonly client_request_id: string | null;
  readonly request_preview: string | null;
  readonly response_preview: string | null;
  readonly db_payload_generation: number;
  readonly trace_name: string | null;
  readonly session_id: string | null;
  readonly input_tokens: Int64 | null;
  readonly output_tokens: Int64 | null;
  readonly total_tokens: Int64 | null;
  readonly cache_read_input_tokens: Int64 | null;
  readonly cache_creation_input_tokens: Int64 | null;
  readonly cache_creation_input_tokens_above_1hr: Int64 | null;
  readonly input_cost: number | null;
  readonly output_cost: number | null;
  readonly total_cost: number | null;
}

export interface TraceTagRow {
  readonly key: string;
  readonly value: string | null;
  readonly request_id: string;
}

export interface TraceRequestMetadataRow {
  readonly key: string;
  readonly value: string | null;
  readonly request_id: string;
}

export interface TraceMetricRow {
  readonly request_id: string;
  readonly key: string;
  readonly value: number | null;
}

/** `content` is the whole span as JSON text; `duration_ns` is computed by the database and not written. Times are nanoseconds. */
export interface SpanRow {
  readonly trace_id: string;
  readonly experiment_id: Int64;
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly name: string | null;
  readonly type: string | null;
  readonly status: string;
  readonly start_time_unix_nano: Int64;
  readonly end_time_unix_nano: Int64 | null;
  readonly content: string;
  readonly input_cost: number | null;
  readonly output_cost: number | null;
  readonly total_cost: number | null;
  readonly model_name: string | null;
  readonly model_provider: string | null;
}

/** `value`, `error` and `assessment_metadata` are JSON text as Python writes it; the last four columns serve aggregates. */
export interface AssessmentRow {
  readonly assessment_id: string;
  readonly trace_id: string;
  readonly name: string;
  readonly assessment_type: string;
  readonly value: string;
  readonly error: string | null;
  readonly created_timestamp: Int64;
  readonly last_updated_timestamp: Int64;
  readonly source_type: string;
  readonly source_id: string | null;
  readonly run_id: string | null;
  readonly span_id: string | null;
  readonly rationale: string | null;
  readonly overrides: string | null;
  readonly valid: 0 | 1;
  readonly assessment_metadata: string | null;
  readonly experiment_id: Int64 | null;
  readonly trace_timestamp_ms: Int64 | null;
  readonly aggregate_value: number | null;
  readonly is_numeric_value: 0 | 1;
}

/** A trace points at runs and prompt versions (`name/version`), an evaluation data set at experiments; types are lower case. */
export interface EntityAssociationRow {
  readonly association_id: string;
  readonly source_type: string;
  readonly source_id: string;
  readonly destination_type: string;
  readonly destination_id: string;
  readonly created_time: Int64 | null;
}

export interface WorkspaceRow {
  readonly name: string;
  readonly description: string | null;
  readonly default_artifact_root: string | null;
  readonly trace_archival_location: string | null;
  readonly trace_archival_retention: string | null;
}

export interface EvaluationDatasetRow {
  readonly dataset_id: string;
  readonly name: string;
  readonly schema: string | null;
  readonly profile: string | null;
  readonly digest: string | null;
  readonly created_time: Int64 | null;
  readonly last_update_time: Int64 | null;
  readonly created_by: string | null;
  readonly last_updated_by: string | null;
  readonly workspace: string;
}

export interface EvaluationDatasetTagRow {
  readonly dataset_id: string;
  readonly key: string;
  readonly value: string | null;
}

/** `outputs` are wrapped: `{"mlflow_wrapped": …}`. What MLflow calls null is the JSON text `null`, not NULL. */
export interface EvaluationDatasetRecordRow {
  readonly dataset_record_id: string;
  readonly dataset_id: string;
  readonly inputs: string;
  readonly expectations: string | null;
  readonly tags: string | null;
  readonly source: string | null;
  readonly source_id: string | null;
  readonly source_type: string | null;
  readonly created_time: Int64 | null;
  readonly last_update_time: Int64 | null;
  readonly created_by: string | null;
  readonly last_updated_by: string | null;
  readonly input_hash: string;
  readonly outputs: string | null;
}

export interface ScorerRow {
  readonly experiment_id: Int64;
  readonly scorer_name: string;
  readonly scorer_id: string;
}

export interface ScorerVersionRow {
  readonly scorer_id: string;
  readonly scorer_version: number;
  readonly serialized_scorer: string;
  readonly creation_time: Int64 | null;
}

export interface OnlineScoringConfigRow {
  readonly online_scoring_config_id: string;
  readonly scorer_id: string;
  readonly sample_rate: number;
  readonly experiment_id: Int64;
  readonly filter_string: string | null;
}

export interface LabelSchemaRow {
  readonly schema_id: string;
  readonly experiment_id: Int64;
  readonly name: string;
  readonly type: string;
  readonly instruction: string | null;
  readonly enable_comment: 0 | 1;
  readonly input_type: string;
  readonly input_config: string;
  readonly created_by: string | null;
  readonly created_time: Int64;
  readonly last_update_time: Int64;
  readonly is_default: 0 | 1;
}

export interface ReviewQueueRow {
  readonly queue_id: string;
  readonly experiment_id: Int64;
  readonly name: string;
  readonly queue_type: string;
  readonly created_by: string | null;
  readonly creation_time_ms: Int64;
  readonly last_update_time_ms: Int64;
  readonly name_key: string;
}

export interface ReviewQueueUserRow {
  readonly queue_id: string;
  readonly user_id: string;
}

export interface ReviewQueueItemRow {
  readonly queue_id: string;
  readonly item_type: string;
  readonly item_id: string;
  readonly status: string;
  readonly completed_by: string | null;
  readonly completed_time_ms: Int64 | null;
  readonly creation_time_ms: Int64;
  readonly last_update_time_ms: Int64;
}

export interface ReviewQueueLabelSchemaRow {
  readonly queue_id: string;
  readonly schema_id: string;
}

export interface IssueRow {
  readonly issue_id: string;
  readonly experiment_id: Int64;
  readonly name: string;
  readonly description: string;
  readonly status: string;
  readonly severity: string | null;
  readonly root_causes: string | null;
  readonly source_run_id: string | null;
  readonly categories: string | null;
  readonly created_timestamp: Int64;
  readonly last_updated_timestamp: Int64;
  readonly created_by: string | null;
}

export interface JobRow {
  readonly id: string;
  readonly creation_time: Int64;
  readonly job_name: string;
  readonly params: string;
  readonly timeout: number | null;
  readonly status: number;
  readonly result: string | null;
  readonly retry_count: number;
  readonly last_update_time: Int64;
  readonly workspace: string;
  readonly status_details: string | null;
  readonly creator: string | null;
  readonly executor_backend: string | null;
  readonly lease_expires_at: Int64 | null;
  readonly status_message: string | null;
  readonly progress: string | null;
  readonly progress_updated_at: Int64 | null;
  readonly token_hash: string | null;
  readonly scoped_permissions: string | null;
  readonly next_attempt_at: Int64 | null;
}
