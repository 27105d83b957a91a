import { type PythonJson, toPythonJson } from '@bitacora/db';
import { type Attributes, decode, saidBy, textOf } from './attributes.ts';
import { type Convention, kinds } from './convention.ts';
import { genAi } from './gen-ai.ts';

const isGeminiCli = (attributes: Attributes) => textOf(attributes, 'gen_ai.agent.name') === 'gemini-cli';

const operation = kinds('gen_ai.operation.name', {
  llm_call: 'LLM',
  tool_call: 'TOOL',
  agent_call: 'AGENT',
});

/**
 * https://github.com/google-gemini/gemini-cli: GenAI's attributes with operations of its own. Its messages become those
 * of the Gemini API, which pages know how to draw.
 */
export const geminiCli: Convention = {
  families: ['gen_ai'],
  spanType: (attributes) => (isGeminiCli(attributes) ? operation(attributes) : undefined),
  input(attributes) {
    const text = isGeminiCli(attributes) ? genAi.input?.(attributes) : undefined;
    return text === undefined
      ? undefined
      : toContents(text, saidBy(attributes, 'gen_ai.operation.name') === 'system_prompt');
  },
  output(attributes) {
    const text = isGeminiCli(attributes) ? genAi.output?.(attributes) : undefined;
    return text === undefined ? undefined : toCandidate(text);
  },
  messageFormat: (attributes) => (isGeminiCli(attributes) ? 'gemini' : undefined),
};

function toContents(text: string, isSystem: boolean): string {
  const value = decode(text);
  if (typeof value === 'string') return toPythonJson({ contents: value });
  if (!Array.isArray(value)) return text;
  const contents = value.map((item: PythonJson) =>
    isSystem && item instanceof Map && item.get('role') === 'user'
      ? new Map(item).set('role', 'system')
      : item,
  );
  return toPythonJson({ contents });
}

/** One content for each piece of a stream becomes one answer with all parts. */
function toCandidate(text: string): string {
  const value = decode(text);
  const parts = Array.isArray(value)
    ? value.flatMap((item: PythonJson) => {
        const own = item instanceof Map ? item.get('parts') : undefined;
        return Array.isArray(own) ? own : [];
      })
    : [];
  return parts.length === 0 ? text : toPythonJson({ candidates: [{ content: { role: 'model', parts } }] });
}
