import type { Int64 } from '@bitacora/protocol';

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
