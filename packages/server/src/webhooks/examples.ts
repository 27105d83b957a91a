import type { WebhookEvent } from '@bitacora/protocol';
import type { Json } from './body.ts';

const MODEL = { name: 'example_model' };
const PROMPT = { name: 'example_prompt' };
const TAGS = { tags: { example_key: 'example_value' } };
const KEY = { key: 'example_key' };
const KEY_VALUE = { ...KEY, value: 'example_value' };
const ALIAS = { alias: 'example_alias' };

/** What MLflow sends as an example of each event. */
const EXAMPLES: Readonly<Record<string, Json>> = {
  'REGISTERED_MODEL.CREATED': { ...MODEL, ...TAGS, description: 'An example registered model' },
  'MODEL_VERSION.CREATED': {
    ...MODEL,
    version: '1',
    source: 'models:/123',
    run_id: 'abcd1234abcd5678',
    ...TAGS,
    description: 'An example model version',
  },
  'MODEL_VERSION_TAG.SET': { ...MODEL, version: '1', ...KEY_VALUE },
  'MODEL_VERSION_TAG.DELETED': { ...MODEL, version: '1', ...KEY },
  'MODEL_VERSION_ALIAS.CREATED': { ...MODEL, ...ALIAS, version: '1' },
  'MODEL_VERSION_ALIAS.DELETED': { ...MODEL, ...ALIAS },
  'PROMPT.CREATED': { ...PROMPT, ...TAGS, description: 'An example prompt' },
  'PROMPT_VERSION.CREATED': {
    ...PROMPT,
    version: '1',
    template: 'Hello {{name}}!',
    ...TAGS,
    description: 'An example prompt version',
  },
  'PROMPT_TAG.SET': { ...PROMPT, ...KEY_VALUE },
  'PROMPT_TAG.DELETED': { ...PROMPT, ...KEY },
  'PROMPT_VERSION_TAG.SET': { ...PROMPT, version: '1', ...KEY_VALUE },
  'PROMPT_VERSION_TAG.DELETED': { ...PROMPT, version: '1', ...KEY },
  'PROMPT_ALIAS.CREATED': { ...PROMPT, ...ALIAS, version: '1' },
  'PROMPT_ALIAS.DELETED': { ...PROMPT, ...ALIAS },
  'BUDGET_POLICY.EXCEEDED': {
    budget_policy_id: 'bp-abc123',
    budget_unit: 'USD',
    budget_amount: 100,
    current_spend: 105.5,
    duration_unit: 'MONTHS',
    duration_value: 1,
    target_scope: 'ENDPOINT',
    workspace: 'default',
    target_value: 'ep-abc123',
    window_start: 1_704_067_200_000,
  },
};

/** The example of an event that `checkEvent` lets through. */
export function exampleOf({ entity, action }: WebhookEvent): Json {
  const example = EXAMPLES[`${entity}.${action}`];
  if (example === undefined) throw new Error(`${entity} has no action ${action}`);
  return example;
}
