import { type PythonJson, toPythonJson } from '@bitacora/db';
import { type Attributes, decode, firstValue, textOf } from './attributes.ts';
import { type Convention, kinds } from './convention.ts';

const OPERATION = 'ai.operationId';

/** A call of the model itself, whose prompt and answer stand in many attributes. */
export function isVercelChat(attributes: Attributes): boolean {
  if (!attributes.has(OPERATION)) return false;
  const operation = textOf(attributes, OPERATION);
  return operation === 'ai.generateText.doGenerate' || operation === 'ai.streamText.doStream';
}

/** https://ai-sdk.dev/docs/ai-sdk-core/telemetry */
export const vercel: Convention = {
  families: ['ai'],
  spanType: kinds(OPERATION, {
    'ai.generateText': 'LLM',
    'ai.generateText.doGenerate': 'LLM',
    'ai.toolCall': 'TOOL',
    'ai.streamText': 'LLM',
    'ai.streamText.doStream': 'LLM',
    'ai.generateObject': 'LLM',
    'ai.generateObject.doGenerate': 'LLM',
    'ai.streamObject': 'LLM',
    'ai.streamObject.doStream': 'LLM',
    'ai.embed': 'EMBEDDING',
    'ai.embed.doEmbed': 'EMBEDDING',
    'ai.embedMany': 'EMBEDDING',
  }),
  input(attributes) {
    if (!isVercelChat(attributes))
      return firstValue(attributes, ['ai.prompt', 'ai.toolCall.args', 'ai.value', 'ai.values']);
    const fields = unpack(attributes, 'ai.prompt.');
    const tools = fields.get('tools');
    if (Array.isArray(tools)) fields.set('tools', tools.map(unwrap));
    return fields.size === 0 ? undefined : toPythonJson(fields);
  },
  output(attributes) {
    if (!isVercelChat(attributes)) {
      return firstValue(attributes, [
        'ai.response.text',
        'ai.toolCall.result',
        'ai.response.object',
        'ai.embedding',
        'ai.embeddings',
      ]);
    }
    const fields = unpack(attributes, 'ai.response.');
    return fields.size === 0 ? undefined : toPythonJson(fields);
  },
};

/** `ai.prompt.messages` and its like as one object. */
function unpack(attributes: Attributes, prefix: string): Map<string, PythonJson> {
  const fields = new Map<string, PythonJson>();
  for (const [key, text] of attributes) {
    if (key.startsWith(prefix)) fields.set(key.slice(prefix.length), unwrap(text));
  }
  return fields;
}

/** JSON within text within JSON, as deep as instrumentations of it go. */
function unwrap(value: PythonJson): PythonJson {
  let result = value;
  for (let depth = 0; depth < 3 && typeof result === 'string'; depth++) result = decode(result) ?? null;
  return result;
}
