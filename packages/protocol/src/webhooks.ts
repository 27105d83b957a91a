import { endpoint } from './endpoint.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, type ParsedMessage, repeated, type WireMessage } from './wire/message.ts';
import { bool, enumOf, int32, int64, string } from './wire/scalars.ts';

const ENTITIES = {
  ENTITY_UNSPECIFIED: 0,
  REGISTERED_MODEL: 1,
  MODEL_VERSION: 2,
  MODEL_VERSION_TAG: 3,
  MODEL_VERSION_ALIAS: 4,
  PROMPT: 5,
  PROMPT_VERSION: 6,
  PROMPT_TAG: 7,
  PROMPT_VERSION_TAG: 8,
  PROMPT_ALIAS: 9,
  BUDGET_POLICY: 10,
} as const;
export type WebhookEntity = keyof typeof ENTITIES;

const ACTIONS = { ACTION_UNSPECIFIED: 0, CREATED: 1, UPDATED: 2, DELETED: 3, SET: 4, EXCEEDED: 5 } as const;
export type WebhookAction = keyof typeof ACTIONS;

/** What may happen to what; there is no other event. */
export const WEBHOOK_ACTIONS: Readonly<Record<WebhookEntity, readonly WebhookAction[]>> = {
  ENTITY_UNSPECIFIED: [],
  REGISTERED_MODEL: ['CREATED'],
  MODEL_VERSION: ['CREATED'],
  MODEL_VERSION_TAG: ['SET', 'DELETED'],
  MODEL_VERSION_ALIAS: ['CREATED', 'DELETED'],
  PROMPT: ['CREATED'],
  PROMPT_VERSION: ['CREATED'],
  PROMPT_TAG: ['SET', 'DELETED'],
  PROMPT_VERSION_TAG: ['SET', 'DELETED'],
  PROMPT_ALIAS: ['CREATED', 'DELETED'],
  BUDGET_POLICY: ['EXCEEDED'],
};

export const webhookEvent = message({
  entity: required(enumOf(ENTITIES)),
  action: required(enumOf(ACTIONS)),
});
export type WebhookEvent = WireMessage<typeof webhookEvent.fields>;
export type ParsedWebhookEvent = ParsedMessage<typeof webhookEvent.fields>;

/** Every event there is. */
export const WEBHOOK_EVENTS: readonly WebhookEvent[] = Object.entries(WEBHOOK_ACTIONS).flatMap(
  ([entity, actions]) => actions.map((action) => ({ entity: entity as WebhookEntity, action })),
);

const webhookStatus = enumOf({ ACTIVE: 1, DISABLED: 2 });

export const webhook = message({
  webhook_id: required(string()),
  name: required(string()),
  description: optional(string()),
  url: required(string()),
  events: required(repeated(webhookEvent)),
  status: required(webhookStatus),
  creation_timestamp: required(int64()),
  last_updated_timestamp: required(int64()),
});
export type Webhook = WireMessage<typeof webhook.fields>;

const webhookId = required(string());

export const createWebhook = endpoint({
  name: 'createWebhook',
  method: 'POST',
  path: '/api/2.0/mlflow/webhooks',
  summary: 'Create a webhook. Its secret signs what is sent and is never returned.',
  permission: 'admin',
  request: message({
    name: required(string()),
    description: optional(string()),
    url: required(string()),
    events: required(repeated(webhookEvent)),
    secret: optional(string()),
    status: withDefault(webhookStatus, 'ACTIVE'),
  }),
  response: message({ webhook: required(webhook) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const listWebhooks = endpoint({
  name: 'listWebhooks',
  method: 'GET',
  path: '/api/2.0/mlflow/webhooks',
  summary: 'List webhooks, newest first.',
  permission: 'admin',
  request: message({ max_results: withDefault(int32(0, 1000), 100), page_token: optional(string()) }),
  response: message({ webhooks: optional(repeated(webhook)), next_page_token: optional(string()) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const getWebhook = endpoint({
  name: 'getWebhook',
  method: 'GET',
  path: '/api/2.0/mlflow/webhooks/{webhook_id}',
  summary: 'Get a webhook.',
  permission: 'admin',
  request: message({ webhook_id: webhookId }),
  response: message({ webhook: required(webhook) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const updateWebhook = endpoint({
  name: 'updateWebhook',
  method: 'PATCH',
  path: '/api/2.0/mlflow/webhooks/{webhook_id}',
  summary: 'Change what is given; events are replaced as a whole.',
  permission: 'admin',
  request: message({
    webhook_id: webhookId,
    name: optional(string()),
    description: optional(string()),
    url: optional(string()),
    events: withDefault(repeated(webhookEvent), []),
    secret: optional(string()),
    status: optional(webhookStatus),
  }),
  response: message({ webhook: required(webhook) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteWebhook = endpoint({
  name: 'deleteWebhook',
  method: 'DELETE',
  path: '/api/2.0/mlflow/webhooks/{webhook_id}',
  summary: 'Delete a webhook; deliveries that wait for it are given up.',
  permission: 'admin',
  request: message({ webhook_id: webhookId }),
  response: message({}),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const testWebhook = endpoint({
  name: 'testWebhook',
  method: 'POST',
  path: '/api/2.0/mlflow/webhooks/{webhook_id}/test',
  summary: 'Send an example now, whatever the status of the webhook, and tell how it went.',
  permission: 'admin',
  request: message({ webhook_id: webhookId, event: optional(webhookEvent) }),
  response: message({
    result: required(
      message({
        success: required(bool()),
        response_status: optional(int32()),
        response_body: optional(string()),
        error_message: optional(string()),
      }),
    ),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const webhookDelivery = message({
  delivery_id: required(string(), { describe: 'The X-MLflow-Delivery-Id of each of its attempts.' }),
  webhook_id: required(string()),
  event: required(webhookEvent),
  status: required(enumOf({ PENDING: 1, SUCCEEDED: 2, FAILED: 3 })),
  attempts: required(int32(), { describe: 'Since it was queued, or last redelivered by hand.' }),
  creation_timestamp: required(int64(), { describe: 'Milliseconds since the epoch.' }),
  last_attempt_timestamp: optional(int64()),
  next_attempt_timestamp: optional(int64(), { describe: 'Set while the delivery is pending.' }),
  response_status: optional(int32()),
  response_excerpt: optional(string(), { describe: 'The first 1,000 characters of the last answer.' }),
  error_message: optional(string(), { describe: 'Why the last attempt failed.' }),
});
export type WebhookDelivery = WireMessage<typeof webhookDelivery.fields>;

const deliveryId = required(string());

export const listWebhookDeliveries = endpoint({
  name: 'listWebhookDeliveries',
  method: 'GET',
  path: '/api/2.0/bitacora/webhooks/{webhook_id}/deliveries',
  summary: 'List what was sent to a webhook in the last 30 days, newest first, with how it went.',
  permission: 'admin',
  request: message({
    webhook_id: webhookId,
    max_results: withDefault(int32(1, 1000), 100),
    page_token: optional(string()),
  }),
  response: message({
    deliveries: optional(repeated(webhookDelivery)),
    next_page_token: optional(string()),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getWebhookDelivery = endpoint({
  name: 'getWebhookDelivery',
  method: 'GET',
  path: '/api/2.0/bitacora/webhooks/{webhook_id}/deliveries/{delivery_id}',
  summary: 'Get a delivery with the body that is sent, exactly.',
  permission: 'admin',
  request: message({ webhook_id: webhookId, delivery_id: deliveryId }),
  response: message({ delivery: required(webhookDelivery), body: required(string()) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const redeliverWebhook = endpoint({
  name: 'redeliverWebhook',
  method: 'POST',
  path: '/api/2.0/bitacora/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver',
  summary: 'Send a delivery again, with the same id and body. One that is pending is sent now.',
  permission: 'admin',
  request: message({ webhook_id: webhookId, delivery_id: deliveryId }),
  response: message({ delivery: required(webhookDelivery) }),
  errors: ['INVALID_STATE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const webhookEndpoints = {
  createWebhook,
  listWebhooks,
  getWebhook,
  updateWebhook,
  deleteWebhook,
  testWebhook,
  listWebhookDeliveries,
  getWebhookDelivery,
  redeliverWebhook,
};
