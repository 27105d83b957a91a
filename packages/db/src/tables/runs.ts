import type { Int64 } from '@bitacora/protocol';

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
