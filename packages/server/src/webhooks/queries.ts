import { type Db, isIn, join, sql, type Tx, type WebhookEventRow, type WebhookRow } from '@bitacora/db';

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
    SELECT webhook_id, entity, action FROM webhook_events WHERE ${isIn('webhook_id', webhook_ids)}
    ORDER BY webhook_id, entity, action`);

export const insertWebhook = (tx: Tx, row: WebhookRow) =>
  tx.run(sql`
    INSERT INTO webhooks (webhook_id, name, description, url, status, secret, creation_timestamp,
      last_updated_timestamp, workspace)
    VALUES (${row.webhook_id}, ${row.name}, ${row.description}, ${row.url}, ${row.status}, ${row.secret},
      ${row.creation_timestamp}, ${row.last_updated_timestamp}, ${row.workspace})`);

export type WebhookChanges = Partial<Pick<WebhookRow, 'name' | 'description' | 'url' | 'status' | 'secret'>>;

/** Only what is given, so that of two changes at a time neither undoes the other. */
export function updateWebhook(tx: Tx, webhook_id: string, changes: WebhookChanges, nowMs: number) {
  const { name, description, url, status, secret } = changes;
  const assignments = [
    sql`last_updated_timestamp = ${nowMs}`,
    ...(name === undefined ? [] : [sql`name = ${name}`]),
    ...(description === undefined ? [] : [sql`description = ${description}`]),
    ...(url === undefined ? [] : [sql`url = ${url}`]),
    ...(status === undefined ? [] : [sql`status = ${status}`]),
    ...(secret === undefined ? [] : [sql`secret = ${secret}`]),
  ];
  return tx.run(sql`UPDATE webhooks SET ${join(assignments, ', ')} WHERE webhook_id = ${webhook_id}`);
}

export const deleteWebhook = (tx: Tx, webhook_id: string, nowMs: number) =>
  tx.run(sql`
    UPDATE webhooks SET deleted_timestamp = ${nowMs}, last_updated_timestamp = ${nowMs}
    WHERE webhook_id = ${webhook_id}`);

export async function replaceEvents(
  tx: Tx,
  webhook_id: string,
  events: readonly Pick<WebhookEventRow, 'entity' | 'action'>[],
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

interface StoredSecret {
  readonly webhook_id: string;
  readonly secret: string;
}

export const listSecrets = (db: Db) =>
  db.all(sql<StoredSecret>`SELECT webhook_id, secret FROM webhooks WHERE secret IS NOT NULL`);

export const updateSecret = (tx: Tx, webhook_id: string, secret: string) =>
  tx.run(sql`UPDATE webhooks SET secret = ${secret} WHERE webhook_id = ${webhook_id}`);

export const findSetting = async (db: Db, name: string) =>
  (await db.get(sql<{ value: string }>`SELECT value FROM bitacora_settings WHERE name = ${name}`))?.value;

/** The first value stays: of two servers that start together both use one. */
export const insertSetting = (tx: Tx, name: string, value: string) =>
  tx.insert({ into: 'bitacora_settings', columns: ['name', 'value'], onConflict: 'ignore' }, [[name, value]]);

export const deleteSetting = (tx: Tx, name: string) =>
  tx.run(sql`DELETE FROM bitacora_settings WHERE name = ${name}`);
