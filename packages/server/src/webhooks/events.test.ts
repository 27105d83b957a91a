import {
  createModelVersion,
  createRegisteredModel,
  createWebhook,
  deleteModelVersionTag,
  deleteRegisteredModelAlias,
  deleteRegisteredModelTag,
  getWebhookDelivery,
  listWebhookDeliveries,
  setModelVersionTag,
  setRegisteredModelAlias,
  setRegisteredModelTag,
  WEBHOOK_EVENTS,
} from '@bitacora/protocol';
import { WEBHOOK_DEFAULTS } from '@bitacora/server';
import { type TestApp, testApp } from '@bitacora/testkit';
import { expect, test } from 'vitest';

/** A server that queues and sends nothing. */
const queueing = () => testApp({ webhooks: { ...WEBHOOK_DEFAULTS, allowPrivateIps: true, maxWorkers: 0 } });

const subscribe = async (app: TestApp) =>
  (await app.call(createWebhook, { name: 'all', url: 'https://127.0.0.1/', events: WEBHOOK_EVENTS })).webhook
    .webhook_id;

/** Event and data of all that is queued; what is queued in the same millisecond has no order. */
async function queued(app: TestApp, webhook_id: string) {
  const { deliveries = [] } = await app.call(listWebhookDeliveries, { webhook_id });
  const bodies = deliveries.map(async ({ delivery_id }) => {
    const { body } = await app.call(getWebhookDelivery, { webhook_id, delivery_id });
    const { entity, action, data } = JSON.parse(body);
    return [`${entity}.${action}`, data] as const;
  });
  const events = await Promise.all(bodies);
  return events.toSorted(([left], [right]) => left.localeCompare(right, 'en'));
}

async function workWith(app: TestApp, name: string, own: readonly { key: string; value: string }[]) {
  const isPrompt = own.length > 0;
  const tags = [...own, { key: 'a', value: '1' }, { key: 'a', value: '2' }];
  await app.call(createRegisteredModel, { name, tags, description: isPrompt ? '' : 'words' });
  await app.call(setRegisteredModelTag, { name, key: 'k', value: 'v' });
  await app.call(deleteRegisteredModelTag, { name, key: 'k' });
  const versionTags = isPrompt ? [...tags, { key: 'mlflow.prompt.text', value: 'Hello' }] : tags;
  const source = isPrompt ? 'prompt-template' : 's3://bucket/model';
  await app.call(createModelVersion, { name, source, tags: versionTags });
  await app.call(setModelVersionTag, { name, version: '1', key: 'k', value: 'v' });
  await app.call(deleteModelVersionTag, { name, version: '1', key: 'k' });
  await app.call(setRegisteredModelAlias, { name, alias: 'best', version: '1' });
  await app.call(setRegisteredModelAlias, { name, alias: 'best', version: '1' });
  await app.call(deleteRegisteredModelAlias, { name, alias: 'best' });
}

test('what happens to a model is told as of a model, and its own tags are no event', async () => {
  await using app = await queueing();
  const webhook_id = await subscribe(app);
  await workWith(app, 'churn', []);
  const alias = { name: 'churn', alias: 'best' };
  const tag = { name: 'churn', version: '1', key: 'k' };
  expect(await queued(app, webhook_id)).toEqual([
    ['model_version_alias.created', { ...alias, version: '1' }],
    ['model_version_alias.created', { ...alias, version: '1' }],
    ['model_version_alias.deleted', alias],
    ['model_version_tag.deleted', tag],
    ['model_version_tag.set', { ...tag, value: 'v' }],
    [
      'model_version.created',
      {
        name: 'churn',
        version: '1',
        source: 's3://bucket/model',
        run_id: null,
        tags: { a: '2' },
        description: null,
      },
    ],
    ['registered_model.created', { name: 'churn', tags: { a: '2' }, description: 'words' }],
  ]);
});

test('what happens to a prompt is told as of a prompt, without the tags that make it one', async () => {
  await using app = await queueing();
  const webhook_id = await subscribe(app);
  const own = [
    { key: 'mlflow.prompt.is_prompt', value: 'TRUE' },
    { key: '_mlflow_prompt_type', value: 'text' },
  ];
  await workWith(app, 'greeting', own);
  const alias = { name: 'greeting', alias: 'best' };
  const tag = { name: 'greeting', key: 'k' };
  expect(await queued(app, webhook_id)).toEqual([
    ['prompt_alias.created', { ...alias, version: '1' }],
    ['prompt_alias.created', { ...alias, version: '1' }],
    ['prompt_alias.deleted', alias],
    ['prompt_tag.deleted', tag],
    ['prompt_tag.set', { ...tag, value: 'v' }],
    ['prompt_version_tag.deleted', { ...tag, version: '1' }],
    ['prompt_version_tag.set', { ...tag, version: '1', value: 'v' }],
    [
      'prompt_version.created',
      { name: 'greeting', version: '1', template: 'Hello', tags: { a: '2' }, description: null },
    ],
    ['prompt.created', { name: 'greeting', tags: { a: '2' }, description: '' }],
  ]);
});
