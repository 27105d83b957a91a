import type { Int64 } from '@bitacora/protocol';

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
