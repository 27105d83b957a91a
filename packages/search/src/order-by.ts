import { quote, SearchSyntaxError } from './error.ts';
import { readIdentifier } from './identifier.ts';
import { type Target, type TargetName, targets } from './targets.ts';
import type { OrderTerm } from './tree.ts';

/** More terms than any table has columns worth sorting by; 500 of them hold MLflow's own server for 22 s. */
export const MOST_TERMS = 20;

/**
 * `"metrics.loss DESC"`, `"params.`a b`"`, `"start_time"`: ascending unless it says otherwise.
 *
 * @throws SearchSyntaxError
 */
export function parseOrderBy(target: TargetName, clauses: readonly string[]): readonly OrderTerm[] {
  if (clauses.length > MOST_TERMS) {
    throw new SearchSyntaxError(
      `order_by has ${clauses.length} terms, at most ${MOST_TERMS} are allowed.`,
      0,
      0,
    );
  }
  const rules: Target = targets[target];
  const terms: OrderTerm[] = [];
  for (const clause of clauses) {
    const term = readTerm(rules, clause);
    const isRepeated = terms.some(({ entity, key }) => entity === term.entity && key === term.key);
    if (isRepeated && rules.repeatedOrder === 'refused') {
      throw new SearchSyntaxError(
        `order_by names ${quote(term.key)} twice. Name each field once.`,
        0,
        clause.length,
      );
    }
    if (!isRepeated) terms.push(term);
  }
  return terms;
}

const ORDERED: readonly string[] = [
  'attribute',
  'metric',
  'param',
  'tag',
  'metadata',
] satisfies OrderTerm['entity'][];

function readTerm(rules: Target, clause: string): OrderTerm {
  const text = clause.trim();
  const fail = (message: string) =>
    new SearchSyntaxError(`Invalid order_by clause ${quote(clause)}: ${message}.`, 0, clause.length);
  if (text === '') throw fail('it is blank');
  if (text.length > 1000) throw fail('it is longer than 1,000 characters');
  const space = lastSpace(text);
  const word = text.slice(space + 1).toUpperCase();
  const directed = space > 0 && (word === 'ASC' || word === 'DESC');
  const name = directed ? text.slice(0, space).trimEnd() : text;
  const isQuoted = /[`"]$/.test(name);
  if (!isQuoted && /\s/.test(name) && !Object.hasOwn(rules.attributes, name)) {
    throw fail('write a name, then ASC or DESC; put a key with spaces in backticks');
  }
  const { entity, key } = readIdentifier(rules, { text: name, from: 0, to: name.length });
  const sortable =
    entity === 'attribute' ? rules.order.attributes.includes(key) : rules.order.entities.includes(entity);
  if (!sortable || !ORDERED.includes(entity)) {
    throw fail(
      `${rules.thing} can be ordered by ${[...rules.order.attributes, ...rules.order.entities.filter((kind) => kind !== 'attribute').map((kind) => `${kind}s.<key>`)].join(', ')}`,
    );
  }
  return { entity: entity as OrderTerm['entity'], key, ascending: word !== 'DESC' || !directed };
}

function lastSpace(text: string): number {
  for (let at = text.length - 1; at >= 0; at--) if (/\s/.test(text[at]!)) return at;
  return -1;
}
