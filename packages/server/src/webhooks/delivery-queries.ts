import { type Db, empty, isIn, isNotIn, sql, type Tx, type WebhookDeliveryRow } from '@bitacora/db';

const DELIVERIES = {
  into: 'bitacora_webhook_deliveries',
  columns: [
    'delivery_id',
    'webhook_id',
    'entity',
    'action',
    'status',
    'attempts',
    'creation_timestamp',
    'next_attempt_timestamp',
    'error_message',
    'body',
  ],
} as const;

export type NewDelivery = Pick<
  WebhookDeliveryRow,
  | 'delivery_id'
  | 'webhook_id'
  | 'entity'
  | 'action'
  | 'status'
  | 'creation_timestamp'
  | 'next_attempt_timestamp'
  | 'error_message'
  | 'body'
>;

/** One statement each: several long bodies in one could be more than MySQL takes at a time. */
export async function insertDeliveries(tx: Tx, deliveries: readonly NewDelivery[]): Promise<void> {
  for (const row of deliveries) {
    await tx.insert(DELIVERIES, [
      [
        row.delivery_id,
        row.webhook_id,
        row.entity,
        row.action,
        row.status,
        0,
        row.creation_timestamp,
        row.next_attempt_timestamp,
        row.error_message,
        row.body,
      ],
    ]);
  }
}

/** All but the body, which may be long. */
const LOG_COLUMNS = sql`d.delivery_id, d.webhook_id, d.entity, d.action, d.status, d.attempts, d.creation_timestamp,
  d.last_attempt_timestamp, d.next_attempt_timestamp, d.response_status, d.response_excerpt, d.error_message`;

export type DeliveryLogRow = Omit<WebhookDeliveryRow, 'body' | 'claimed_by' | 'claimed_until'>;

export type LogPosition = Pick<WebhookDeliveryRow, 'creation_timestamp' | 'delivery_id'>;

/** Newest first, from behind a position. */
export const listDeliveries = (db: Db, webhook_id: string, limit: number, after?: LogPosition) =>
  db.all(sql<DeliveryLogRow>`
    SELECT ${LOG_COLUMNS} FROM bitacora_webhook_deliveries d WHERE d.webhook_id = ${webhook_id}
      ${after ? behind(after) : empty}
    ORDER BY d.creation_timestamp DESC, d.delivery_id LIMIT ${limit}`);

const behind = ({ creation_timestamp, delivery_id }: LogPosition) => sql`
  AND d.creation_timestamp <= ${creation_timestamp}
  AND (d.creation_timestamp < ${creation_timestamp} OR d.delivery_id > ${delivery_id})`;

export const findDelivery = (db: Db, webhook_id: string, delivery_id: string) =>
  db.get(sql<DeliveryLogRow & Pick<WebhookDeliveryRow, 'body'>>`
    SELECT ${LOG_COLUMNS}, d.body FROM bitacora_webhook_deliveries d
    WHERE d.delivery_id = ${delivery_id} AND d.webhook_id = ${webhook_id}`);

/** What ended begins anew. What is pending is brought forward; a claim on it stays, for somebody is sending it. */
export async function redeliver(tx: Tx, delivery_id: string, nowMs: number): Promise<void> {
  await tx.run(sql`
    UPDATE bitacora_webhook_deliveries SET next_attempt_timestamp = ${nowMs}
    WHERE delivery_id = ${delivery_id} AND status = 'PENDING'`);
  await tx.run(sql`
    UPDATE bitacora_webhook_deliveries SET status = 'PENDING', attempts = 0, next_attempt_timestamp = ${nowMs}
    WHERE delivery_id = ${delivery_id} AND status <> 'PENDING'`);
}

interface Due {
  readonly delivery_id: string;
  readonly webhook_id: string;
}

const unclaimed = (nowMs: number) => sql`(claimed_until IS NULL OR claimed_until < ${nowMs})`;

/** What is due and nobody's, oldest first. */
export const listDue = (db: Db, nowMs: number, exceptWebhooks: readonly string[], limit: number) =>
  db.all(sql<Due>`
    SELECT delivery_id, webhook_id FROM bitacora_webhook_deliveries
    WHERE status = 'PENDING' AND next_attempt_timestamp <= ${nowMs} AND ${unclaimed(nowMs)}
      AND ${isNotIn('webhook_id', exceptWebhooks)}
    ORDER BY next_attempt_timestamp LIMIT ${limit}`);

/** When the next delivery that nobody has claimed is due, in milliseconds since the epoch. */
export async function findNextDue(db: Db): Promise<number | undefined> {
  const row = await db.get(sql<{ next: number | bigint | null }>`
    SELECT next_attempt_timestamp AS next FROM bitacora_webhook_deliveries
    WHERE status = 'PENDING' AND claimed_until IS NULL ORDER BY next_attempt_timestamp LIMIT 1`);
  return row?.next == null ? undefined : Number(row.next);
}

/** A delivery that is ours to send, with where it goes. Where the webhook is gone or disabled, it has no address. */
export interface Claimed extends Due {
  readonly body: string;
  readonly attempts: number;
  readonly url: string | null;
  readonly secret: string | null;
}

/** @returns those of the deliveries that are ours now; of others another server was quicker. */
export async function claim(
  tx: Tx,
  delivery_ids: readonly string[],
  { claimant, nowMs, until }: { readonly claimant: string; readonly nowMs: number; readonly until: number },
): Promise<Claimed[]> {
  await tx.run(sql`
    UPDATE bitacora_webhook_deliveries SET claimed_by = ${claimant}, claimed_until = ${until}
    WHERE ${isIn('delivery_id', delivery_ids)} AND status = 'PENDING' AND ${unclaimed(nowMs)}`);
  return tx.all(sql<Claimed>`
    SELECT d.delivery_id, d.webhook_id, d.body, d.attempts, w.url, w.secret FROM bitacora_webhook_deliveries d
    LEFT JOIN webhooks w ON w.webhook_id = d.webhook_id AND w.deleted_timestamp IS NULL AND w.status = 'ACTIVE'
    WHERE ${isIn('d.delivery_id', delivery_ids)} AND d.claimed_by = ${claimant} AND d.claimed_until = ${until}
      AND d.status = 'PENDING'`);
}

/** How an attempt went, and what follows. */
export interface Outcome {
  readonly status: 'PENDING' | 'SUCCEEDED' | 'FAILED';
  readonly attempts: number;
  /** Null where none was made; an earlier one's stays. */
  readonly last_attempt_timestamp: number | null;
  readonly next_attempt_timestamp: number | null;
  readonly response_status: number | null;
  readonly response_excerpt: string | null;
  readonly error_message: string | null;
}

/** Ends a claim. Nothing changes where it had expired and another server has the delivery now. */
export const recordOutcome = (tx: Tx, delivery_id: string, claimant: string, outcome: Outcome) =>
  tx.run(sql`
    UPDATE bitacora_webhook_deliveries SET status = ${outcome.status}, attempts = ${outcome.attempts},
      last_attempt_timestamp = COALESCE(${outcome.last_attempt_timestamp}, last_attempt_timestamp),
      next_attempt_timestamp = ${outcome.next_attempt_timestamp}, claimed_by = NULL, claimed_until = NULL,
      response_status = ${outcome.response_status}, response_excerpt = ${outcome.response_excerpt},
      error_message = ${outcome.error_message}
    WHERE delivery_id = ${delivery_id} AND claimed_by = ${claimant}`);

/** Gives back what was claimed and not ended, so that others need not wait for the claims to expire. */
export const releaseClaims = (tx: Tx, claimant: string) =>
  tx.run(sql`
    UPDATE bitacora_webhook_deliveries SET claimed_by = NULL, claimed_until = NULL
    WHERE status = 'PENDING' AND claimed_by = ${claimant}`);

export const listOlder = (db: Db, timeMs: number, limit: number) =>
  db.all(sql<{ delivery_id: string }>`
    SELECT delivery_id FROM bitacora_webhook_deliveries WHERE creation_timestamp < ${timeMs} LIMIT ${limit}`);

export const deleteDeliveries = (tx: Tx, delivery_ids: readonly string[]) =>
  tx.run(sql`DELETE FROM bitacora_webhook_deliveries WHERE ${isIn('delivery_id', delivery_ids)}`);
