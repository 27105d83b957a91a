import {
  type Db,
  list,
  sql,
  type Tx,
  type WebhookDeliveryRow,
  type WebhookEventRow,
  type WebhookRow,
} from '@bitacora/db';

const COLUMNS = sql`w.webhook_id, w.name, w.description, w.url, w.status, w.secret, w.creation_timestamp,
  w.last_updated_timestamp, w.deleted_timestamp, w.workspace`;

export const findWebhook = (db: Db, workspace: string, webhook_id: string) =>
  db.get(sql<WebhookRow>`
    SELECT ${COLUMNS} FROM webhooks w
    WHERE w.webhook_id = ${webhook_id} AND w.workspace = ${workspace} AND w.deleted_timestamp IS NULL`);

export const listWebhooks = (db: Db, workspace: string, limit: number, offset: number) =>
  db.all(sql<WebhookRow>`
    SELECT ${COLUMNS} FROM webhooks w WHERE w.workspace = ${workspace} AND w.deleted_timestamp IS NULL
    ORDER BY w.creation_timestamp DESC, w.webhook_id LIMIT ${limit} OFFSET ${offset}`);

export const listEvents = (db: Db, webhook_ids: readonly string[]) =>
  db.all(sql<WebhookEventRow>`
    SELECT webhook_id, entity, action FROM webhook_events WHERE webhook_id IN ${list(webhook_ids)}
    ORDER BY webhook_id, entity, action`);

export const insertWebhook = (tx: Tx, row: WebhookRow) =>
  tx.run(sql`
    INSERT INTO webhooks (webhook_id, name, description, url, status, secret, creation_timestamp,
      last_updated_timestamp, workspace)
    VALUES (${row.webhook_id}, ${row.name}, ${row.description}, ${row.url}, ${row.status}, ${row.secret},
      ${row.creation_timestamp}, ${row.last_updated_timestamp}, ${row.workspace})`);

export const updateWebhook = (tx: Tx, row: WebhookRow) =>
  tx.run(sql`
    UPDATE webhooks SET name = ${row.name}, description = ${row.description}, url = ${row.url},
      status = ${row.status}, secret = ${row.secret}, last_updated_timestamp = ${row.last_updated_timestamp}
    WHERE webhook_id = ${row.webhook_id}`);

export const deleteWebhook = (tx: Tx, webhook_id: string, nowMs: number) =>
  tx.run(sql`
    UPDATE webhooks SET deleted_timestamp = ${nowMs}, last_updated_timestamp = ${nowMs}
    WHERE webhook_id = ${webhook_id}`);

export async function replaceEvents(
  tx: Tx,
  webhook_id: string,
  events: readonly WebhookEventRow[],
): Promise<void> {
  await tx.run(sql`DELETE FROM webhook_events WHERE webhook_id = ${webhook_id}`);
  await tx.insert(
    { into: 'webhook_events', columns: ['webhook_id', 'entity', 'action'], onConflict: 'ignore' },
    events.map(({ entity, action }) => [webhook_id, entity, action]),
  );
}

/** The active webhooks that ask for an event. */
export async function listSubscribers(
  db: Db,
  workspace: string,
  entity: string,
  action: string,
): Promise<string[]> {
  const rows = await db.all(sql<{ webhook_id: string }>`
    SELECT w.webhook_id FROM webhooks w JOIN webhook_events e ON e.webhook_id = w.webhook_id
    WHERE w.workspace = ${workspace} AND w.status = 'ACTIVE' AND w.deleted_timestamp IS NULL
      AND e.entity = ${entity.toLowerCase()} AND e.action = ${action.toLowerCase()}`);
  return rows.map(({ webhook_id }) => webhook_id);
}

export type NewDelivery = Pick<
  WebhookDeliveryRow,
  'delivery_id' | 'webhook_id' | 'entity' | 'action' | 'body' | 'creation_timestamp'
>;

export const insertDeliveries = (tx: Tx, deliveries: readonly NewDelivery[]) =>
  tx.insert(
    {
      into: 'bitacora_webhook_deliveries',
      columns: [
        'delivery_id',
        'webhook_id',
        'entity',
        'action',
        'body',
        'status',
        'attempts',
        'creation_timestamp',
        'next_attempt_timestamp',
      ],
    },
    deliveries.map((row) => [
      row.delivery_id,
      row.webhook_id,
      row.entity,
      row.action,
      row.body,
      'PENDING',
      0,
      row.creation_timestamp,
      row.creation_timestamp,
    ]),
  );

const DELIVERY_COLUMNS = sql`d.delivery_id, d.webhook_id, d.entity, d.action, d.body, d.status, d.attempts,
  d.creation_timestamp, d.last_attempt_timestamp, d.next_attempt_timestamp, d.claimed_until, d.response_status,
  d.response_excerpt, d.error_message`;

export const listDeliveries = (db: Db, webhook_id: string, limit: number, offset: number) =>
  db.all(sql<WebhookDeliveryRow>`
    SELECT ${DELIVERY_COLUMNS} FROM bitacora_webhook_deliveries d WHERE d.webhook_id = ${webhook_id}
    ORDER BY d.creation_timestamp DESC, d.delivery_id LIMIT ${limit} OFFSET ${offset}`);

export const findDelivery = (db: Db, webhook_id: string, delivery_id: string) =>
  db.get(sql<WebhookDeliveryRow>`
    SELECT ${DELIVERY_COLUMNS} FROM bitacora_webhook_deliveries d
    WHERE d.delivery_id = ${delivery_id} AND d.webhook_id = ${webhook_id}`);

/** What is due, oldest first, with where it goes. Webhooks that are gone meanwhile are among them, without an address. */
export interface DueDelivery {
  readonly delivery_id: string;
  readonly webhook_id: string;
  readonly body: string;
  readonly attempts: number;
  readonly url: string | null;
  readonly secret: string | null;
}

export const listDue = (db: Db, nowMs: number, limit: number) =>
  db.all(sql<DueDelivery>`
    SELECT d.delivery_id, d.webhook_id, d.body, d.attempts, w.url, w.secret FROM bitacora_webhook_deliveries d
    LEFT JOIN webhooks w ON w.webhook_id = d.webhook_id AND w.deleted_timestamp IS NULL AND w.status = 'ACTIVE'
    WHERE d.status = 'PENDING' AND d.next_attempt_timestamp <= ${nowMs}
      AND (d.claimed_until IS NULL OR d.claimed_until < ${nowMs})
    ORDER BY d.next_attempt_timestamp LIMIT ${limit}`);

/** @returns whether it is ours now; another server may have been quicker. */
export async function claimDelivery(
  tx: Tx,
  delivery_id: string,
  nowMs: number,
  until: number,
): Promise<boolean> {
  const { changes } = await tx.run(sql`
    UPDATE bitacora_webhook_deliveries SET claimed_until = ${until}
    WHERE delivery_id = ${delivery_id} AND status = 'PENDING'
      AND (claimed_until IS NULL OR claimed_until < ${nowMs})`);
  return changes > 0;
}

export interface Outcome {
  readonly status: 'PENDING' | 'SUCCEEDED' | 'FAILED';
  readonly attempts: number;
  readonly last_attempt_timestamp: number;
  readonly next_attempt_timestamp: number | null;
  readonly response_status: number | null;
  readonly response_excerpt: string | null;
  readonly error_message: string | null;
}

export const recordOutcome = (tx: Tx, delivery_id: string, outcome: Outcome) =>
  tx.run(sql`
    UPDATE bitacora_webhook_deliveries SET status = ${outcome.status}, attempts = ${outcome.attempts},
      last_attempt_timestamp = ${outcome.last_attempt_timestamp},
      next_attempt_timestamp = ${outcome.next_attempt_timestamp}, claimed_until = NULL,
      response_status = ${outcome.response_status}, response_excerpt = ${outcome.response_excerpt},
      error_message = ${outcome.error_message}
    WHERE delivery_id = ${delivery_id}`);

export const requeueDelivery = (tx: Tx, delivery_id: string, nowMs: number) =>
  tx.run(sql`
    UPDATE bitacora_webhook_deliveries SET status = 'PENDING', attempts = 0, next_attempt_timestamp = ${nowMs},
      claimed_until = NULL
    WHERE delivery_id = ${delivery_id}`);

export const deleteDeliveriesBefore = (tx: Tx, timeMs: number) =>
  tx.run(sql`
    DELETE FROM bitacora_webhook_deliveries WHERE status <> 'PENDING' AND creation_timestamp < ${timeMs}`);

export const findSetting = async (db: Db, name: string) =>
  (await db.get(sql<{ value: string }>`SELECT value FROM bitacora_settings WHERE name = ${name}`))?.value;

/** The first value stays: of two servers that start together both use one. */
export const insertSetting = (tx: Tx, name: string, value: string) =>
  tx.insert({ into: 'bitacora_settings', columns: ['name', 'value'], onConflict: 'ignore' }, [[name, value]]);
