import type { Int64 } from '@bitacora/protocol';

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
