import { randomUUID } from 'node:crypto';
import type { Tx } from '@bitacora/db';
import type { WebhookAction, WebhookEntity } from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import { IS_PROMPT_TAG, isPrompt, PROMPT_TEXT_TAG, PROMPT_TYPE_TAG } from '../prompts/prompts.ts';
import { isStoredPrompt } from '../registered-models/active.ts';
import { type Json, toBody } from './body.ts';
import { insertDeliveries } from './delivery-queries.ts';
import { listSubscribers } from './queries.ts';

type Publisher = Pick<Deps, 'clock' | 'workspace' | 'settings' | 'wakeDeliveries'>;

interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Characters of the longest event that is sent. Beyond it stand tags that nobody sends in earnest. */
const LONGEST_BODY = 4 * 1024 * 1024;

/**
 * Queues an event for all webhooks that ask for it, in the transaction of what happened: it is sent if and only if
 * that is committed, and a restart loses none.
 */
async function publish(
  tx: Tx,
  deps: Publisher,
  entity: WebhookEntity,
  action: WebhookAction,
  data: Json,
): Promise<void> {
  return queue(tx, deps, await listSubscribers(tx, deps.workspace, entity, action), { entity, action, data });
}

async function queue(
  tx: Tx,
  deps: Publisher,
  webhook_ids: readonly string[],
  event: { readonly entity: WebhookEntity; readonly action: WebhookAction; readonly data: Json },
): Promise<void> {
  if (webhook_ids.length === 0) return;
  const { clock, wakeDeliveries } = deps;
  const { entity, action } = event;
  const nowMs = clock.nowMs();
  const body = toBody(event, deps);
  const tooLong = body.length > LONGEST_BODY;
  await insertDeliveries(
    tx,
    webhook_ids.map((webhook_id) => ({
      delivery_id: randomUUID(),
      webhook_id,
      entity: entity.toLowerCase(),
      action: action.toLowerCase(),
      creation_timestamp: nowMs,
      ...(tooLong
        ? {
            status: 'FAILED',
            next_attempt_timestamp: null,
            error_message: `The event has ${body.length} characters; at most ${LONGEST_BODY} are sent.`,
            body: '',
          }
        : { status: 'PENDING', next_attempt_timestamp: nowMs, error_message: null, body }),
    })),
  );
  wakeDeliveries();
}

/** Of repeated keys the last value counts, as where they are stored. */
const toRecord = (tags: readonly Tag[]) => new Map(tags.map(({ key, value }) => [key, value]));

/** Tags with which prompts are kept among models mean nothing to whoever is told of a prompt. */
const withoutInternal = (tags: readonly Tag[]) =>
  tags.filter(({ key }) => key !== IS_PROMPT_TAG && key !== PROMPT_TYPE_TAG);

export function publishModelCreated(
  tx: Tx,
  deps: Publisher,
  {
    name,
    tags,
    description,
  }: { readonly name: string; readonly tags: readonly Tag[]; readonly description: string },
): Promise<void> {
  return isPrompt(tags)
    ? publish(tx, deps, 'PROMPT', 'CREATED', { name, tags: toRecord(withoutInternal(tags)), description })
    : publish(tx, deps, 'REGISTERED_MODEL', 'CREATED', { name, tags: toRecord(tags), description });
}

/** Who is to be told of a new version with such tags, which may be asked before the version has a number. */
export const subscribersToVersions = (tx: Tx, workspace: string, tags: readonly Tag[]) =>
  listSubscribers(tx, workspace, versionEntity(tags), 'CREATED');

const versionEntity = (tags: readonly Tag[]) => (isPrompt(tags) ? 'PROMPT_VERSION' : 'MODEL_VERSION');

/** @param subscribers those of `subscribersToVersions`. */
export function publishVersionCreated(
  tx: Tx,
  deps: Publisher,
  created: CreatedVersion,
  subscribers: readonly string[],
): Promise<void> {
  const entity = versionEntity(created.tags);
  const data = entity === 'PROMPT_VERSION' ? aboutPrompt(created) : aboutVersion(created);
  return queue(tx, deps, subscribers, { entity, action: 'CREATED', data });
}

interface CreatedVersion {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly run_id: string;
  readonly tags: readonly Tag[];
  readonly description: string;
}

const aboutVersion = ({ name, version, source, run_id, tags, description }: CreatedVersion) => ({
  name,
  version,
  source,
  run_id: run_id || null,
  tags: toRecord(tags),
  description: description || null,
});

const aboutPrompt = ({ name, version, tags, description }: CreatedVersion) => ({
  name,
  version,
  template: tags.findLast(({ key }) => key === PROMPT_TEXT_TAG)?.value ?? null,
  tags: toRecord(withoutInternal(tags).filter(({ key }) => key !== PROMPT_TEXT_TAG)),
  description: description || null,
});

/** There is no event for tags on a plain registered model. */
export async function publishPromptTag(
  tx: Tx,
  deps: Publisher,
  action: 'SET' | 'DELETED',
  data: { readonly name: string; readonly key: string; readonly value?: string },
): Promise<void> {
  if (await isStoredPrompt(tx, deps.workspace, data.name))
    await publish(tx, deps, 'PROMPT_TAG', action, data);
}

export async function publishVersionTag(
  tx: Tx,
  deps: Publisher,
  action: 'SET' | 'DELETED',
  data: { readonly name: string; readonly version: string; readonly key: string; readonly value?: string },
): Promise<void> {
  const prompt = await isStoredPrompt(tx, deps.workspace, data.name);
  await publish(tx, deps, prompt ? 'PROMPT_VERSION_TAG' : 'MODEL_VERSION_TAG', action, data);
}

export async function publishAlias(
  tx: Tx,
  deps: Publisher,
  action: 'CREATED' | 'DELETED',
  data: { readonly name: string; readonly alias: string; readonly version?: string },
): Promise<void> {
  const prompt = await isStoredPrompt(tx, deps.workspace, data.name);
  await publish(tx, deps, prompt ? 'PROMPT_ALIAS' : 'MODEL_VERSION_ALIAS', action, data);
}
