import { type Convention, counts, kinds, values } from './convention.ts';

export const OPERATION = 'gen_ai.operation.name';

export const GEN_AI_TYPES: Readonly<Record<string, string>> = {
  chat: 'CHAT_MODEL',
  create_agent: 'AGENT',
  embeddings: 'EMBEDDING',
  execute_tool: 'TOOL',
  generate_content: 'LLM',
  invoke_agent: 'AGENT',
  text_completion: 'LLM',
  response: 'LLM',
};

/** https://opentelemetry.io/docs/specs/semconv/gen-ai. Spring AI and Google ADK follow it too. */
export const genAi: Convention = {
  families: ['gen_ai'],
  spanType: kinds(OPERATION, GEN_AI_TYPES),
  usage: counts({
    input: ['gen_ai.usage.input_tokens'],
    output: ['gen_ai.usage.output_tokens'],
    cacheRead: ['gen_ai.usage.cache_read.input_tokens'],
    // The second is the name that the conventions had before.
    cacheCreation: ['gen_ai.usage.cache_write.input_tokens', 'gen_ai.usage.cache_creation.input_tokens'],
  }),
  input: values('gen_ai.input.messages', 'gen_ai.tool.call.arguments'),
  output: values('gen_ai.output.messages', 'gen_ai.tool.call.result'),
  modelKeys: ['gen_ai.response.model', 'gen_ai.request.model'],
  providerKey: 'gen_ai.provider.name',
  toolsKey: 'gen_ai.tool.definitions',
};
