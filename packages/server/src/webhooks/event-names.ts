import {
  invalidParameter,
  type ParsedWebhookEvent,
  WEBHOOK_ACTIONS,
  type WebhookEvent,
} from '@bitacora/protocol';

/** @throws MlflowError INVALID_PARAMETER_VALUE for what does not happen. */
export function checkEvent(
  { entity = 'ENTITY_UNSPECIFIED', action = 'ACTION_UNSPECIFIED' }: ParsedWebhookEvent,
  path: string,
): WebhookEvent {
  const actions = WEBHOOK_ACTIONS[entity];
  if (actions.includes(action)) return { entity, action };
  const remedy =
    actions.length > 0
      ? `It has ${actions.join(', ')}.`
      : `Entities are ${Object.keys(WEBHOOK_ACTIONS).slice(1).join(', ')}.`;
  throw invalidParameter(
    `Invalid value for parameter '${path}': ${entity} has no action ${action}. ${remedy}`,
  );
}
