import { toPythonJson } from '@bitacora/db';
import { type Attributes, decode, saidBy, textOf, toCount } from './attributes.ts';
import type { Convention } from './convention.ts';

type Kind = 'interaction' | 'llm_request' | 'tool';
const TYPES: Readonly<Record<Kind, string>> = { interaction: 'AGENT', llm_request: 'LLM', tool: 'TOOL' };

/** Some versions put `claude_code.` before the kind. */
export function claudeCodeKind(attributes: Attributes): Kind | undefined {
  if (!attributes.has('span.type')) return undefined;
  const kind = textOf(attributes, 'span.type')?.replace(/^claude_code\./, '');
  return kind !== undefined && Object.hasOwn(TYPES, kind) ? (kind as Kind) : undefined;
}

/** Stands for content that the user has not agreed to send. */
export const REDACTED = '<REDACTED>';

function content(attributes: Attributes, key: string): string | undefined {
  const text = saidBy(attributes, key);
  return text === undefined || decode(text) === REDACTED ? undefined : text;
}

const TOOL_DETAILS = ['full_command', 'file_path', 'skill_name', 'subagent_type'];

function toolDetails(attributes: Attributes): string | undefined {
  const details = new Map(
    TOOL_DETAILS.flatMap((key) => {
      const text = content(attributes, key);
      return text === undefined ? [] : [[key, decode(text) ?? null] as const];
    }),
  );
  return details.size === 0 ? undefined : toPythonJson(details);
}

/** https://code.claude.com/docs/en/monitoring-usage: a schema of its own, with bare names for the counts. */
export const claudeCode: Convention = {
  families: ['span'],
  spanType(attributes) {
    const kind = claudeCodeKind(attributes);
    return kind === undefined ? undefined : TYPES[kind];
  },
  usage(attributes) {
    if (claudeCodeKind(attributes) !== 'llm_request') return undefined;
    const fresh = toCount(attributes.get('input_tokens'));
    const output = toCount(attributes.get('output_tokens'));
    if (fresh === undefined && output === undefined) return undefined;
    const cacheRead = toCount(attributes.get('cache_read_tokens'));
    const cacheCreation = toCount(attributes.get('cache_creation_tokens'));
    // Cached tokens are counted apart there, and among the input everywhere else.
    const input = fresh === undefined ? undefined : fresh + (cacheRead ?? 0n) + (cacheCreation ?? 0n);
    return { input, output, cacheRead, cacheCreation };
  },
  input(attributes) {
    switch (claudeCodeKind(attributes)) {
      case 'interaction':
        return content(attributes, 'user_prompt') ?? content(attributes, 'new_context');
      case 'llm_request':
        return content(attributes, 'new_context');
      case 'tool':
        return content(attributes, 'tool_input') ?? toolDetails(attributes);
      default:
        return undefined;
    }
  },
  output(attributes) {
    switch (claudeCodeKind(attributes)) {
      case 'llm_request':
        return content(attributes, 'response.model_output');
      case 'tool':
        return content(attributes, 'new_context');
      default:
        return undefined;
    }
  },
};
