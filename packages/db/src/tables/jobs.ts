import type { Int64 } from '@bitacora/protocol';

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
