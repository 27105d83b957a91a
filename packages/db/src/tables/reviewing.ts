import type { Int64 } from '@bitacora/protocol';

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

/** From MLflow 3.18 on. `metadata` is a JSON object of texts. */
export interface ObservedIssueRow extends IssueRow {
  readonly last_seen_timestamp: Int64 | null;
  readonly last_updated_by: string | null;
  readonly metadata: string | null;
}

/** From MLflow 3.18 on: `issues.categories` once more, for searches. The hash is of the category without regard to case. */
export interface IssueCategoryRow {
  readonly issue_id: string;
  readonly category_hash: string;
  readonly category: string;
}
