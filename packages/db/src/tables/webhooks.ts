import type { Int64 } from '@bitacora/protocol';

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
