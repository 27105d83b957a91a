import { raw, type Sql, sql } from '@bitacora/db';
import type { Clause } from '@bitacora/search';
import { IS_PROMPT_TAG } from './prompts.ts';

/**
 * Whether a search is for prompts, and its other clauses. The first clause on the tag decides, as in MLflow; one that
 * asks for models stands for itself, since models do not have the tag it speaks of.
 */
export function asksForPrompts(clauses: readonly Clause[]): {
  readonly prompts: boolean;
  readonly rest: readonly Clause[];
} {
  const clause = clauses.find(({ entity, key }) => entity === 'tag' && key === IS_PROMPT_TAG);
  const value = typeof clause?.value === 'string' ? clause.value.toLowerCase() : undefined;
  const prompts =
    (clause?.comparator === '=' && value === 'true') || (clause?.comparator === '!=' && value === 'false');
  return {
    prompts,
    rest: prompts ? clauses : clauses.filter(({ entity, key }) => entity !== 'tag' || key !== IS_PROMPT_TAG),
  };
}

/** Leaves prompts out of a search on the table `m`, unless it asks for them. Models and versions are told by name. */
export const promptConditions = (
  clauses: readonly Clause[],
  tagTable: 'registered_model_tags' | 'model_version_tags',
  workspace: string,
): readonly Sql[] =>
  asksForPrompts(clauses).prompts
    ? []
    : [
        sql`NOT EXISTS (SELECT 1 FROM ${raw(tagTable)} p
          WHERE p.workspace = ${workspace} AND p.key = ${IS_PROMPT_TAG} AND p.name = m.name AND p.value = 'true')`,
      ];
