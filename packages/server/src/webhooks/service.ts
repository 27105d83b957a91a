import { randomUUID } from 'node:crypto';
import type { Db, WebhookRow } from '@bitacora/db';
import {
  type createWebhook,
  type Input,
  invalidParameter,
  type listWebhooks,
  missing,
  notFound,
  type ParsedWebhookEvent,
  preview,
  type testWebhook,
  type updateWebhook,
} from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { checkLength } from '../limits/values.ts';
import { holdWorkspace } from '../workspaces/hold.ts';
import { toBody } from './body.ts';
import { checkEvent } from './event-names.ts';
import { exampleOf } from './examples.ts';
import * as queries from './queries.ts';
import { send } from './send.ts';
import { toWebhooks } from './webhook.ts';

/** Widths of MLflow's columns, in characters. */
const URL_CHARACTERS = 500;
const DESCRIPTION_CHARACTERS = 1000;

const DEFAULT_PAGE = 100;

interface Named {
  readonly webhook_id: string;
}

export async function create(deps: Deps, input: Input<typeof createWebhook>) {
  const { write, clock, workspace } = deps;
  const { name, url, description = '' } = input;
  checkName(name);
  checkLength(description, DESCRIPTION_CHARACTERS, 'description');
  if (input.events.length === 0) throw missing('events');
  const events = toEventRows(input.events);
  const secret = await encrypt(deps, input.secret);
  await checkUrl(deps, url);
  const webhook_id = randomUUID();
  return write(async (tx) => {
    await holdWorkspace(tx, deps);
    const nowMs = clock.nowMs();
    await queries.insertWebhook(tx, {
      webhook_id,
      name,
      description: description === '' ? null : description,
      url,
      status: input.status ?? 'ACTIVE',
      secret,
      creation_timestamp: nowMs,
      last_updated_timestamp: nowMs,
      deleted_timestamp: null,
      workspace,
    });
    await queries.replaceEvents(tx, webhook_id, events);
    return load(tx, workspace, webhook_id);
  });
}

export async function list({ db, workspace }: Deps, input: Input<typeof listWebhooks>) {
  const limit = input.max_results || DEFAULT_PAGE;
  const offset = fromPageToken(input.page_token);
  const { rows, ...next } = page(await queries.listWebhooks(db, workspace, limit + 1, offset), limit, offset);
  return { webhooks: await toWebhooks(db, rows), ...next };
}

export const get = ({ db, workspace }: Deps, { webhook_id }: Named) => load(db, workspace, webhook_id);

/** An empty name or URL is as good as none; an empty description or secret removes what there is. */
export async function update(deps: Deps, input: Input<typeof updateWebhook>) {
  const { write, clock, workspace } = deps;
  const { webhook_id, description } = input;
  const events = toEventRows(input.events);
  await requireWebhook(deps.db, workspace, webhook_id);
  if (input.name) checkName(input.name);
  if (description !== undefined) checkLength(description, DESCRIPTION_CHARACTERS, 'description');
  const secret = input.secret === undefined ? undefined : await encrypt(deps, input.secret);
  if (input.url) await checkUrl(deps, input.url);
  return write(async (tx) => {
    await requireWebhook(tx, workspace, webhook_id);
    const changes = {
      ...(input.name ? { name: input.name } : {}),
      ...(input.url ? { url: input.url } : {}),
      ...(description === undefined ? {} : { description }),
      ...(input.status ? { status: input.status } : {}),
      ...(secret === undefined ? {} : { secret }),
    };
    await queries.updateWebhook(tx, webhook_id, changes, clock.nowMs());
    if (events.length > 0) await queries.replaceEvents(tx, webhook_id, events);
    return load(tx, workspace, webhook_id);
  });
}

export async function remove({ write, clock, workspace }: Deps, { webhook_id }: Named) {
  await write(async (tx) => {
    await requireWebhook(tx, workspace, webhook_id);
    await queries.deleteWebhook(tx, webhook_id, clock.nowMs());
  });
  return {};
}

/** One attempt, without retries, and not in the log: whoever asks is waiting to see how it goes. */
export async function test(deps: Deps, { webhook_id, event }: Input<typeof testWebhook>) {
  const { db, clock, workspace } = deps;
  const row = await requireWebhook(db, workspace, webhook_id);
  const [webhook] = await toWebhooks(db, [row]);
  const wanted = event ?? webhook?.events[0];
  if (!wanted) throw missing('event');
  const { entity, action } = checkEvent(wanted, 'event');
  const nowMs = clock.nowMs();
  const attempt = await send(
    deps,
    {
      delivery_id: randomUUID(),
      url: row.url,
      secret: row.secret,
      body: toBody({ entity, action, data: exampleOf({ entity, action }) }, deps),
    },
    nowMs,
    NEVER,
  );
  if (attempt.kind === 'failed') return { result: { success: false, error_message: attempt.message } };
  const { status, text } = attempt.answer;
  return {
    result: {
      success: status < 300,
      response_status: status,
      response_body: text,
      ...(status >= 300 && status < 400 ? { error_message: 'Redirects are not followed.' } : {}),
    },
  };
}

const NEVER = new AbortController().signal;

/** @throws MlflowError RESOURCE_DOES_NOT_EXIST */
export async function requireWebhook(db: Db, workspace: string, webhook_id: string): Promise<WebhookRow> {
  const row = await queries.findWebhook(db, workspace, webhook_id);
  if (!row) throw notFound('webhook', webhook_id);
  return row;
}

async function load(db: Db, workspace: string, webhook_id: string) {
  const [webhook] = await toWebhooks(db, [await requireWebhook(db, workspace, webhook_id)]);
  return { webhook: webhook! };
}

const checkUrl = async ({ outbound }: Pick<Deps, 'outbound'>, url: string) => {
  checkLength(url, URL_CHARACTERS, 'url');
  await outbound.check(url, 'url');
};

const encrypt = async ({ secrets }: Pick<Deps, 'secrets'>, secret: string | undefined) =>
  secret ? secrets.encrypt(secret) : null;

function checkName(name: string): void {
  if (/^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/i.test(name)) return;
  throw invalidParameter(
    `Invalid webhook name '${preview(name)}' for parameter 'name': it has 1 to 63 letters, digits, dots, underscores and hyphens, and begins and ends with a letter or digit.`,
  );
}

const toEventRows = (events: readonly ParsedWebhookEvent[]) =>
  events.map((event, index) => {
    const { entity, action } = checkEvent(event, `events[${index}]`);
    return { entity: entity.toLowerCase(), action: action.toLowerCase() };
  });
