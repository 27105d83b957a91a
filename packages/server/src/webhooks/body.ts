import type { WebhookAction, WebhookEntity } from '@bitacora/protocol';
import type { Clock, ReadDeps, Settings } from '../deps.ts';

/** What may stand in an event. Maps keep the order of keys that come from people. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | ReadonlyMap<string, Json>
  | { readonly [key: string]: Json };

export interface Event {
  readonly entity: WebhookEntity;
  readonly action: WebhookAction;
  readonly data: Json;
}

interface Context extends Pick<ReadDeps, 'workspace'> {
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'workspacesEnabled'>;
}

/** What is sent of an event. The time has microseconds and an offset, as Python writes it. */
export const toBody = ({ entity, action, data }: Event, { clock, workspace, settings }: Context): string =>
  pythonJson({
    entity: entity.toLowerCase(),
    action: action.toLowerCase(),
    timestamp: new Date(clock.nowMs()).toISOString().replace('Z', '000+00:00'),
    data,
    ...(settings.workspacesEnabled ? { workspace } : {}),
  });

/**
 * JSON spelled as Python's json.dumps spells it. MLflow's receivers sign what they were sent, and there are some that
 * parse it and print it again before.
 */
export function pythonJson(value: Json): string {
  if (typeof value === 'string') return quote(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries.map(([key, inner]) => `${quote(key)}: ${pythonJson(inner)}`).join(', ')}}`;
}

const quote = (text: string) =>
  JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
