import {
  invalidParameter,
  type WebhookAction,
  type WebhookEntity,
  type WebhookEvent,
} from '@bitacora/protocol';

/** What may happen to what; any other pair is refused. */
const ACTIONS: Readonly<Record<WebhookEntity, readonly WebhookAction[]>> = {
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

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export function checkEvent({ entity, action }: WebhookEvent, path: string): void {
  const actions = ACTIONS[entity];
  if (actions.includes(action)) return;
  throw invalidParameter(
    `Invalid value for parameter '${path}': ${entity} has no action ${action}. ${actions.length > 0 ? `It has ${actions.join(', ')}` : `Entities are ${Object.keys(ACTIONS).slice(1).join(', ')}`}.`,
  );
}
