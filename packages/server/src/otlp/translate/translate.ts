import { floatText, toPythonJson } from '@bitacora/db';
import { costOf, type TokenCounts } from '../../model-prices/cost.ts';
import { type Attributes, decode, firstValue, saidBy } from './attributes.ts';
import { concerned } from './concerned.ts';
import type { Convention, Usage } from './convention.ts';
import { inputOfEvents, type NamedEvent, outputOfEvents } from './events.ts';
import { translateSpanType } from './span-type.ts';
import { isVercelChat, vercel } from './vercel.ts';

/** MLflow's own attributes. */
export const SPAN_ATTRIBUTE = {
  requestId: 'mlflow.traceRequestId',
  type: 'mlflow.spanType',
  inputs: 'mlflow.spanInputs',
  outputs: 'mlflow.spanOutputs',
  usage: 'mlflow.chat.tokenUsage',
  tools: 'mlflow.chat.tools',
  cost: 'mlflow.llm.cost',
  model: 'mlflow.llm.model',
  provider: 'mlflow.llm.provider',
  messageFormat: 'mlflow.message.format',
  traceTag: 'mlflow.traceTag.',
} as const;

/**
 * Adds MLflow's attributes to a span that says the same by another convention: type, inputs, outputs, token usage, chat
 * format, tools, model, provider, and the cost that follows from them. None that is there is overwritten, but for the
 * type UNKNOWN.
 */
export function translate(attributes: Map<string, string>, events: readonly NamedEvent[]): void {
  const own = SPAN_ATTRIBUTE;
  const set = (key: string, text: string | undefined) => {
    if (text !== undefined) attributes.set(key, text);
  };
  const conventions = concerned(attributes);
  const type = attributes.get(own.type);
  if (type === undefined || type === 'null' || type === '"UNKNOWN"')
    set(own.type, quoted(translateSpanType(conventions, attributes)));
  if (!attributes.has(own.inputs)) set(own.inputs, inputOf(conventions, attributes) ?? inputOfEvents(events));
  if (!attributes.has(own.outputs))
    set(own.outputs, ask(conventions, 'output', attributes) ?? outputOfEvents(events, attributes));
  if (!attributes.has(own.usage)) set(own.usage, usageText(ask(conventions, 'usage', attributes)));
  if (!attributes.has(own.messageFormat))
    set(own.messageFormat, quoted(ask(conventions, 'messageFormat', attributes)));
  if (!attributes.has(own.tools)) set(own.tools, valueByKey(conventions, attributes, 'toolsKey'));
  if (!attributes.has(own.model)) set(own.model, modelOf(conventions, attributes));
  if (!attributes.has(own.provider))
    set(own.provider, respelled(valueByKey(conventions, attributes, 'providerKey')));
  if (!attributes.has(own.cost)) set(own.cost, costText(attributes));
}

type Conventions = readonly Convention[];
type Asked = 'output' | 'usage' | 'messageFormat';

/** The answer of the first convention that has one. */
function ask<K extends Asked>(conventions: Conventions, what: K, attributes: Attributes) {
  for (const convention of conventions) {
    const answer = convention[what]?.(attributes);
    if (answer !== undefined) return answer as NonNullable<ReturnType<NonNullable<Convention[K]>>>;
  }
  return undefined;
}

function inputOf(conventions: Conventions, attributes: Map<string, string>): string | undefined {
  for (const convention of conventions) {
    // MLflow writes this one as it is, not as JSON.
    if (convention === vercel && isVercelChat(attributes))
      attributes.set(SPAN_ATTRIBUTE.messageFormat, 'vercel_ai');
    const text = convention.input?.(attributes);
    if (text !== undefined) return text;
  }
  return undefined;
}

function valueByKey(
  conventions: Conventions,
  attributes: Attributes,
  name: 'toolsKey' | 'providerKey',
): string | undefined {
  for (const { [name]: key } of conventions) {
    const text = key === undefined ? undefined : saidBy(attributes, key);
    if (text !== undefined) return text;
  }
  return undefined;
}

function modelOf(conventions: Conventions, attributes: Attributes): string | undefined {
  for (const { modelKeys } of conventions) {
    const text = modelKeys && firstValue(attributes, modelKeys);
    if (text !== undefined) return respelled(text);
  }
  // Requests and answers of most APIs name the model themselves.
  for (const key of [SPAN_ATTRIBUTE.inputs, SPAN_ATTRIBUTE.outputs]) {
    const text = attributes.get(key);
    // The name may stand there escaped. Else there is nothing to find, and long texts take a while to read.
    if (text === undefined || !(text.includes('"model"') || text.includes('\\u'))) continue;
    const value = decode(text);
    const model = value instanceof Map ? value.get('model') : undefined;
    if (typeof model === 'string' && model !== '') return JSON.stringify(model);
  }
  return undefined;
}

const quoted = (text: string | undefined) => (text === undefined ? undefined : JSON.stringify(text));

/** As Python writes what it has read. */
function respelled(text: string | undefined): string | undefined {
  const value = decode(text);
  if (value === undefined) return undefined;
  return typeof value === 'string' ? JSON.stringify(value) : toPythonJson(value, { ascii: false });
}

function usageText(usage: Usage | undefined): string | undefined {
  if (!usage) return undefined;
  const { input, output, cacheRead, cacheCreation } = usage;
  const total = usage.total ?? (input !== undefined && output !== undefined ? input + output : undefined);
  return toPythonJson({
    input_tokens: input,
    output_tokens: output,
    total_tokens: total,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheCreation,
  });
}

function costText(attributes: Attributes): string | undefined {
  const counts = toCounts(attributes.get(SPAN_ATTRIBUTE.usage));
  const model = counts && decode(attributes.get(SPAN_ATTRIBUTE.model));
  if (!counts || typeof model !== 'string') return undefined;
  const provider = decode(attributes.get(SPAN_ATTRIBUTE.provider));
  const cost = costOf(model, typeof provider === 'string' ? provider : undefined, counts);
  return (
    cost &&
    `{"input_cost": ${floatText(cost.input_cost)}, "output_cost": ${floatText(cost.output_cost)}, "total_cost": ${floatText(cost.total_cost)}}`
  );
}

/** The token counts of a span, whoever wrote them. */
function toCounts(text: string | undefined): TokenCounts | undefined {
  let usage: unknown;
  try {
    usage = text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
  if (usage === null || typeof usage !== 'object') return undefined;
  const fields = new Map<string, unknown>(Object.entries(usage));
  const count = (name: string) => {
    const value = fields.get(name);
    return typeof value === 'number' && value > 0 ? value : 0;
  };
  return {
    input: count('input_tokens'),
    output: count('output_tokens'),
    cacheRead: count('cache_read_input_tokens'),
    cacheCreation: count('cache_creation_input_tokens'),
    cacheCreationAbove1hr: count('cache_creation_input_tokens_above_1hr'),
  };
}
