import {
  type Input,
  invalidParameter,
  type listWebhookDeliveries,
  MlflowError,
  notFound,
  preview,
  type redeliverWebhook,
  type WebhookDelivery,
} from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import * as queries from './delivery-queries.ts';
import { requireWebhook } from './service.ts';
import { toEvent } from './webhook.ts';

export async function list({ db, workspace }: Deps, input: Input<typeof listWebhookDeliveries>) {
  const { webhook_id, max_results } = input;
  const after = fromPageToken(input.page_token);
  await requireWebhook(db, workspace, webhook_id);
  const rows = await queries.listDeliveries(db, webhook_id, max_results + 1, after);
  const shown = rows.slice(0, max_results);
  const last = shown.at(-1);
  return {
    deliveries: shown.map(toDelivery),
    ...(last && rows.length > max_results ? { next_page_token: toPageToken(last) } : {}),
  };
}

/** The last delivery of a page says where the next begins: what is queued meanwhile moves nothing. */
const toPageToken = ({ creation_timestamp, delivery_id }: queries.DeliveryLogRow) =>
  Buffer.from(`${creation_timestamp} ${delivery_id}`).toString('base64url');

/** @throws MlflowError INVALID_PARAMETER_VALUE */
function fromPageToken(token: string | undefined): queries.LogPosition | undefined {
  if (token === undefined || token === '') return undefined;
  const text = Buffer.from(token.slice(0, 100), 'base64url').toString();
  const [, time, delivery_id] = /^(\d{1,15}) ([0-9a-f-]{36})$/.exec(text) ?? [];
  if (time !== undefined && delivery_id !== undefined)
    return { creation_timestamp: Number(time), delivery_id };
  throw invalidParameter(
    `Invalid page token '${preview(token)}'. Pass the next_page_token of the previous answer unchanged, or leave it out for the first page.`,
  );
}

type Named = Input<typeof redeliverWebhook>;

export async function get({ db, workspace }: Deps, { webhook_id, delivery_id }: Named) {
  await requireWebhook(db, workspace, webhook_id);
  const row = await queries.findDelivery(db, webhook_id, delivery_id);
  if (!row) throw notFound(`delivery of webhook ${webhook_id}`, delivery_id);
  return { delivery: toDelivery(row), body: row.body };
}

export async function redeliver(deps: Deps, { webhook_id, delivery_id }: Named) {
  const { write, clock, workspace, wakeDeliveries } = deps;
  return write(async (tx) => {
    const { status } = await requireWebhook(tx, workspace, webhook_id);
    if (status !== 'ACTIVE')
      throw new MlflowError(
        'INVALID_STATE',
        `The webhook ${webhook_id} is disabled. Set its status to ACTIVE before sending deliveries again.`,
      );
    const { body } = await get({ ...deps, db: tx }, { webhook_id, delivery_id });
    if (body === '')
      throw new MlflowError('INVALID_STATE', `The delivery ${delivery_id} was too long to be sent.`);
    await queries.redeliver(tx, delivery_id, clock.nowMs());
    wakeDeliveries();
    const { delivery } = await get({ ...deps, db: tx }, { webhook_id, delivery_id });
    return { delivery };
  });
}

const STATUSES = ['PENDING', 'SUCCEEDED', 'FAILED'] as const;

function toDelivery(row: queries.DeliveryLogRow): WebhookDelivery {
  const optional = {
    last_attempt_timestamp: row.last_attempt_timestamp,
    next_attempt_timestamp: row.next_attempt_timestamp,
    response_status: row.response_status,
    response_excerpt: row.response_excerpt,
    error_message: row.error_message,
  };
  const present = Object.entries(optional).filter(([, value]) => value !== null);
  return {
    delivery_id: row.delivery_id,
    webhook_id: row.webhook_id,
    event: toEvent(row),
    status: STATUSES.find((status) => status === row.status) ?? 'FAILED',
    attempts: row.attempts,
    creation_timestamp: row.creation_timestamp,
    ...Object.fromEntries(present),
  };
}
