import { type Attributes, saidBy, textOf } from './attributes.ts';
import { claudeCode } from './claude-code.ts';
import { type Convention, counts, kinds, values } from './convention.ts';
import { geminiCli } from './gemini-cli.ts';
import { GEN_AI_TYPES, genAi, OPERATION } from './gen-ai.ts';
import { vercel } from './vercel.ts';

/** https://github.com/Arize-ai/openinference, semantic conventions of traces */
const openInference: Convention = {
  families: ['openinference', 'llm', 'input', 'output', 'embedding'],
  spanType: kinds('openinference.span.kind', {
    TOOL: 'TOOL',
    CHAIN: 'CHAIN',
    LLM: 'LLM',
    RETRIEVER: 'RETRIEVER',
    EMBEDDING: 'EMBEDDING',
    AGENT: 'AGENT',
    RERANKER: 'RERANKER',
    UNKNOWN: 'UNKNOWN',
    GUARDRAIL: 'GUARDRAIL',
    EVALUATOR: 'EVALUATOR',
  }),
  usage: counts({
    input: ['llm.token_count.prompt'],
    output: ['llm.token_count.completion'],
    total: ['llm.token_count.total'],
    cacheRead: ['llm.token_count.prompt_details.cache_read'],
    cacheCreation: ['llm.token_count.prompt_details.cache_write'],
  }),
  input: values('input.value'),
  output: values('output.value'),
  modelKeys: ['llm.response.model_name', 'llm.model_name', 'llm.request.model_name', 'embedding.model_name'],
  providerKey: 'llm.provider',
};

const TRACELOOP_INPUTS = [
  /^gen_ai\.prompt\.\d+\.content/,
  /^gen_ai\.completion\.\d+\.tool_calls\.\d+\.arguments/,
];
const TRACELOOP_OUTPUTS = [/^gen_ai\.completion\.\d+\.content/];

/** https://github.com/traceloop/openllmetry: messages are numbered, and the first that says something counts. */
const traceloop: Convention = {
  families: ['traceloop', 'gen_ai', 'llm'],
  spanType: kinds('traceloop.span.kind', {
    workflow: 'WORKFLOW',
    task: 'TASK',
    agent: 'AGENT',
    tool: 'TOOL',
    unknown: 'UNKNOWN',
  }),
  usage: counts({
    input: ['gen_ai.usage.prompt_tokens'],
    output: ['gen_ai.usage.completion_tokens'],
    total: ['llm.usage.total_tokens'],
  }),
  input: (attributes) =>
    saidBy(attributes, 'traceloop.entity.input') ?? firstMatching(attributes, TRACELOOP_INPUTS),
  output: (attributes) =>
    saidBy(attributes, 'traceloop.entity.output') ?? firstMatching(attributes, TRACELOOP_OUTPUTS),
  providerKey: 'gen_ai.system',
};

function firstMatching(attributes: Attributes, patterns: readonly RegExp[]): string | undefined {
  for (const pattern of patterns) {
    for (const key of attributes.keys()) {
      const text = key.startsWith('gen_ai.') && pattern.test(key) ? saidBy(attributes, key) : undefined;
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

/** https://github.com/google/adk-python: GenAI's conventions, but for inputs and outputs. */
const googleAdk: Convention = {
  families: ['gcp'],
  input: values('gcp.vertex.agent.llm_request', 'gcp.vertex.agent.tool_call_args'),
  output: values('gcp.vertex.agent.llm_response', 'gcp.vertex.agent.tool_response'),
};

const VOLTAGENT_TYPES = new Map([
  ['agent', 'AGENT'],
  ['llm', 'LLM'],
  ['tool', 'TOOL'],
  ['memory', 'MEMORY'],
]);

/** Children inherit the `entity.type` of their agent, so `span.type` counts first. */
const voltAgent: Convention = {
  families: ['span', 'entity', 'usage', 'llm', 'agent', 'input', 'output', 'voltagent'],
  spanType(attributes) {
    for (const key of ['span.type', 'entity.type']) {
      const type = VOLTAGENT_TYPES.get(textOf(attributes, key) ?? '');
      if (type !== undefined) return type;
    }
    return undefined;
  },
  usage: counts({
    input: ['usage.prompt_tokens', 'llm.usage.prompt_tokens'],
    output: ['usage.completion_tokens', 'llm.usage.completion_tokens'],
    total: ['usage.total_tokens', 'llm.usage.total_tokens'],
  }),
  input: values('agent.messages', 'llm.messages', 'input'),
  output: values('output'),
  messageFormat: (attributes) =>
    attributes.has('voltagent.operation_id') || attributes.has('voltagent.conversation_id')
      ? 'voltagent'
      : undefined,
};

/** https://github.com/livekit/agents: spans of voice agents, which only some of their attributes tell apart. */
const liveKit: Convention = {
  families: ['gen_ai', 'lk'],
  spanType(attributes) {
    if (attributes.has('gen_ai.request.model')) return 'LLM';
    const operation = textOf(attributes, OPERATION)?.toLowerCase() ?? '';
    if (Object.hasOwn(GEN_AI_TYPES, operation)) return GEN_AI_TYPES[operation];
    for (const key of attributes.keys()) {
      if (!key.startsWith('lk.')) continue;
      if (key === 'lk.retry_count') return 'LLM';
      if (key.startsWith('lk.function_tool')) return 'TOOL';
      if (key === 'lk.agent_name' || key === 'lk.instructions' || key === 'lk.generation_id') return 'AGENT';
      if (key.startsWith('lk.tts') || LIVEKIT_SPEECH.has(key)) return 'UNKNOWN';
    }
    return undefined;
  },
  input: values('lk.user_input', 'lk.user_transcript', 'lk.chat_ctx', 'lk.input_text'),
  output: values('lk.response.text', 'lk.response.function_calls'),
  messageFormat: (attributes) =>
    attributes.keys().some((key) => key.startsWith('lk.')) ? 'livekit' : undefined,
};

const LIVEKIT_SPEECH = new Set([
  'lk.input_text',
  'lk.user_transcript',
  'lk.transcript_confidence',
  'lk.transcription_delay',
]);

/** https://docs.lmnr.ai */
const laminar: Convention = {
  families: ['lmnr', 'gen_ai'],
  spanType: kinds('lmnr.span.type', {
    LLM: 'LLM',
    TOOL: 'TOOL',
    DEFAULT: 'CHAIN',
    PIPELINE: 'CHAIN',
    EXECUTOR: 'AGENT',
    EVALUATOR: 'EVALUATOR',
    HUMAN_EVALUATOR: 'EVALUATOR',
    EVALUATION: 'EVALUATOR',
    CACHED: 'LLM',
  }),
  input: values('lmnr.span.input'),
  output: values('lmnr.span.output'),
  providerKey: 'gen_ai.system',
  messageFormat: (attributes) => (attributes.has('lmnr.span.type') ? 'openai' : undefined),
};

/** https://langfuse.com/docs/opentelemetry */
const langfuse: Convention = {
  families: ['langfuse'],
  spanType: kinds('langfuse.observation.type', {
    generation: 'LLM',
    embedding: 'EMBEDDING',
    tool: 'TOOL',
    retriever: 'RETRIEVER',
    agent: 'AGENT',
    chain: 'CHAIN',
    evaluator: 'EVALUATOR',
    guardrail: 'GUARDRAIL',
    span: 'UNKNOWN',
  }),
  input: values('langfuse.observation.input'),
  output: values('langfuse.observation.output'),
};

/** In the order in which MLflow asks them: the first that says something is believed. */
export const CONVENTIONS: readonly Convention[] = [
  openInference,
  geminiCli,
  claudeCode,
  genAi,
  traceloop,
  googleAdk,
  vercel,
  voltAgent,
  liveKit,
  laminar,
  langfuse,
];
