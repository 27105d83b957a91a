import type { Db, WebhookEventRow, WebhookRow } from '@bitacora/db';
import { type Webhook, type WebhookEvent, webhookEvent } from '@bitacora/protocol';
import { listEvents } from './queries.ts';

/** Rows as they travel. The secret never does. */
export async function toWebhooks(db: Db, rows: readonly WebhookRow[]): Promise<Webhook[]> {
  if (rows.length === 0) return [];
  const events = Map.groupBy(
    await listEvents(
      db,
      rows.map(({ webhook_id }) => webhook_id),
    ),
    ({ webhook_id }) => webhook_id,
  );
  return rows.map((row) => toWebhook(row, events.get(row.webhook_id) ?? []));
}

const toWebhook = (row: WebhookRow, events: readonly WebhookEventRow[]): Webhook => ({
  webhook_id: row.webhook_id,
  name: row.name,
  // MLflow leaves out an empty one.
  ...(row.description ? { description: row.description } : {}),
  url: row.url,
  events: events.map(toEvent),
  status: row.status === 'ACTIVE' ? 'ACTIVE' : 'DISABLED',
  creation_timestamp: row.creation_timestamp ?? 0,
  last_updated_timestamp: row.last_updated_timestamp ?? row.creation_timestamp ?? 0,
});

/** Stored in lower case. */
export const toEvent = ({ entity, action }: Pick<WebhookEventRow, 'entity' | 'action'>): WebhookEvent =>
  webhookEvent.parse({ entity: entity.toUpperCase(), action: action.toUpperCase() }, 'event') as WebhookEvent;
