import { type PythonJson, toPythonJson } from '@bitacora/db';
import { type Attributes, decode, textOf } from './attributes.ts';
import { claudeCodeKind, REDACTED } from './claude-code.ts';

export interface NamedEvent {
  readonly name: string;
  readonly attributes: Attributes;
}

type Events = readonly NamedEvent[];

/** The roles whose messages GenAI's events bring, by the name of the event. */
const INPUT_ROLES = new Map([
  ['gen_ai.system.message', 'system'],
  ['gen_ai.user.message', 'user'],
  ['gen_ai.assistant.message', 'assistant'],
]);

/** What a span got, where its instrumentation puts that into events: Spring AI, and GenAI's conventions before 1.37. */
export function inputOfEvents(events: Events): string | undefined {
  if (events.length === 0) return undefined;
  return (
    textOfEvent(events, 'gen_ai.content.prompt', 'gen_ai.prompt') ??
    toMessages(events, ({ name }) => INPUT_ROLES.get(name))
  );
}

export function outputOfEvents(events: Events, attributes: Attributes): string | undefined {
  if (events.length === 0) return undefined;
  return (
    textOfEvent(events, 'gen_ai.content.completion', 'gen_ai.completion') ??
    toMessages(events, ({ name, attributes: own }) =>
      name === 'gen_ai.choice' ? unwrap(own.get('role') ?? '"assistant"') : undefined,
    ) ??
    (claudeCodeKind(attributes) === 'tool' ? toolOutput(events) : undefined)
  );
}

/** Spring AI's text is taken as it is. */
function textOfEvent(events: Events, name: string, key: string): string | undefined {
  for (const event of events) {
    if (event.name !== name) continue;
    const text = event.attributes.get(key);
    const value = decode(text);
    if (value !== undefined && value !== null && value !== '')
      return typeof value === 'string' ? value : text;
  }
  return undefined;
}

function toMessages(
  events: Events,
  roleOf: (event: NamedEvent) => PythonJson | undefined,
): string | undefined {
  const messages = events.flatMap((event) => {
    const role = roleOf(event);
    const content = event.attributes.get('content');
    if (role === undefined || content === undefined || content === '""' || content === 'null') return [];
    return [{ role, content: unwrap(content) }];
  });
  return messages.length === 0 ? undefined : toPythonJson(messages);
}

/** The value of an event's attribute; text that holds JSON is that JSON. */
function unwrap(text: string): PythonJson {
  const value = decode(text) ?? null;
  return typeof value === 'string' ? (decode(value) ?? null) : value;
}

function toolOutput(events: Events): string | undefined {
  for (const { name, attributes } of events) {
    if (name !== 'tool.output') continue;
    for (const key of ['output', 'content', 'diff']) {
      const text = attributes.get(key);
      const value = text === undefined ? null : unwrap(text);
      if (value !== null && value !== '' && value !== REDACTED && textOf(attributes, key) !== REDACTED)
        return toPythonJson(value, { ascii: false });
    }
  }
  return undefined;
}
