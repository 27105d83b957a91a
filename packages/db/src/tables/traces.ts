import type { Int64 } from '@bitacora/protocol';

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
