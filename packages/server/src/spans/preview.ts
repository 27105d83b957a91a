/** Width of MLflow's columns, in characters. */
const PREVIEW_CHARACTERS = 1000;

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Message = { readonly [name: string]: Json };

/**
 * What lists show of the input or output of a trace: where it is a conversation, the last thing that the user or the
 * assistant said, else the beginning of it all.
 *
 * @param text the attribute, JSON or not.
 */
export function toPreview(text: string, role: 'user' | 'assistant'): string | null {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch {
    return cut(text);
  }
  const messages = messagesOf(json);
  if (!messages || messages.length === 0) return cut(text);
  const message = messages.findLast((each) => own(each, 'role') === role) ?? messages.at(-1)!;
  const content = contentOf(own(message, 'content'));
  if (content !== undefined && typeof content !== 'string') return null;
  return cut(content || text);
}

/** The shapes of OpenAI's chat completions and responses, requests and answers, also below `request`. */
function messagesOf(json: Json | undefined): readonly Message[] | undefined {
  for (let value = json; isObject(value); value = own(value, 'request')) {
    const messages = own(value, 'messages');
    if (isList(messages)) return messages.filter(isMessage);
    const choices = own(value, 'choices');
    const first = isList(choices) ? choices[0] : undefined;
    const message = isObject(first) ? own(first, 'message') : undefined;
    if (isMessage(message)) return [message];
    for (const name of ['input', 'output']) {
      const items = own(value, name);
      if (isList(items)) return items.filter(isMessage);
    }
  }
  return undefined;
}

/** The text of a message, or of the first of its parts that has one. */
function contentOf(content: Json | undefined): Json | undefined {
  if (!Array.isArray(content)) return typeof content === 'string' ? content : undefined;
  for (const part of content as readonly Json[]) {
    if (typeof part === 'string') return part;
    const type = isObject(part) ? own(part, 'type') : undefined;
    if (isObject(part) && (type === 'text' || type === 'output_text')) return own(part, 'text');
  }
  return undefined;
}

const isObject = (value: Json | undefined): value is Message =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const isList = (value: Json | undefined): value is readonly Json[] =>
  Array.isArray(value) && value.length > 0;
const isMessage = (value: Json | undefined): value is Message =>
  isObject(value) && Object.hasOwn(value, 'role') && Object.hasOwn(value, 'content');
const own = (value: Message, name: string): Json | undefined =>
  Object.hasOwn(value, name) ? value[name] : undefined;

function cut(text: string): string {
  if (text.length <= PREVIEW_CHARACTERS) return text;
  // Only so many can matter, though a character may take two units.
  const characters = [...text.slice(0, PREVIEW_CHARACTERS * 2 + 2)];
  return characters.length <= PREVIEW_CHARACTERS
    ? text
    : `${characters.slice(0, PREVIEW_CHARACTERS - 3).join('')}...`;
}
