import { type TargetName, targets } from '@bitacora/search';

/** What is known of the things searched, to suggest from. */
export interface KnownKeys {
  readonly metrics?: readonly string[];
  readonly params?: readonly string[];
  readonly tags?: readonly string[];
  /** Values seen under a param or tag. */
  readonly valuesOf?: (kind: 'params' | 'tags', key: string) => readonly string[];
}

export interface Suggestion {
  readonly text: string;
  readonly kind: 'name' | 'comparator' | 'value' | 'keyword';
}

export interface Suggestions {
  /** What is replaced: from here to the cursor. */
  readonly from: number;
  readonly options: readonly Suggestion[];
}

export interface RoughToken {
  readonly kind: 'name' | 'string' | 'number' | 'operator' | 'keyword' | 'punctuation';
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const KEYWORDS = /^(?:AND|LIKE|ILIKE|IN|NOT|IS|NULL)$/i;
const TOKEN =
  /(?<space>\s+)|(?<string>'[^']*'?)|(?<name>[\p{L}_][\p{L}\p{N}\p{M}_\-/:@$]*(?:\.(?:`[^`]*`?|"[^"]*"?|[\p{L}\p{N}\p{M}_\-/:@$.]*))?|`[^`]*`?|"[^"]*"?)|(?<number>[+-]?\.?\d[\d.eE+-]*)|(?<operator>[<>=!]+)|(?<other>.)/suy;

/** Cuts a filter as far as it goes: what is half written, as it is while one types, is a token too. */
export function roughTokens(text: string): readonly RoughToken[] {
  const tokens: RoughToken[] = [];
  for (const match of text.matchAll(new RegExp(TOKEN.source, 'gsu'))) {
    const { space, string, name, number, operator } = match.groups ?? {};
    if (space !== undefined) continue;
    const kind =
      string !== undefined
        ? 'string'
        : name !== undefined
          ? KEYWORDS.test(name)
            ? 'keyword'
            : name.startsWith('"')
              ? 'string'
              : 'name'
          : number !== undefined
            ? 'number'
            : operator !== undefined
              ? 'operator'
              : 'punctuation';
    tokens.push({ kind, text: match[0], from: match.index, to: match.index + match[0].length });
  }
  return tokens;
}

/** What may stand at the cursor. */
export function suggest(target: TargetName, text: string, cursor: number, known: KnownKeys): Suggestions {
  const tokens = roughTokens(text.slice(0, cursor));
  const last = tokens.at(-1);
  // The word that the cursor touches is what is being written; a closed string is not.
  const isWriting =
    last !== undefined &&
    last.to === cursor &&
    (last.kind === 'name' ||
      last.kind === 'keyword' ||
      (last.kind === 'string' && !/^(['"]).*\1$/s.test(last.text)));
  const before = isWriting ? tokens.slice(0, -1) : tokens;
  const from = isWriting ? last.from : cursor;
  return { from, options: optionsAfter(target, before, known) };
}

function optionsAfter(
  target: TargetName,
  tokens: readonly RoughToken[],
  known: KnownKeys,
): readonly Suggestion[] {
  const start = tokens.findLastIndex(({ text }) => /^AND$/i.test(text)) + 1;
  const [name, ...rest] = tokens.slice(start);
  if (!name) return names(target, known);
  const words = rest.map(({ text }) => text.toUpperCase());
  const first = words[0];
  if (first === undefined) return comparators(target, name.text);
  if (first === 'IS') {
    if (words.at(-1) === 'NULL') return AND;
    return words.length === 1 ? keywords('NOT NULL', 'NULL') : keywords('NULL');
  }
  if (first === 'NOT' && words.length === 1) return keywords('IN');
  const isList = first === 'IN' || words[1] === 'IN';
  const values = rest.slice(first === 'NOT' ? 2 : 1);
  if (isList) {
    if (values.at(-1)?.text === ')') return AND;
    return values.length === 0 ? [{ text: '(', kind: 'value' }] : valuesOf(name.text, known);
  }
  return values.length === 0 ? valuesOf(name.text, known) : AND;
}

const keywords = (...texts: readonly string[]): readonly Suggestion[] =>
  texts.map((text) => ({ text, kind: 'keyword' }));

const AND = keywords('AND');

/** ``metrics.`val acc` ``: a key in backticks where it is more than a word. */
const named = (prefix: string, key: string): Suggestion => ({
  text: `${prefix}.${/^[\p{L}_][\p{L}\p{N}_/-]*$/u.test(key) ? key : `\`${key}\``}`,
  kind: 'name',
});

function names(target: TargetName, known: KnownKeys): readonly Suggestion[] {
  const { attributes, prefixes, entities } = targets[target];
  const attributePrefix = 'attributes' in prefixes ? 'attributes' : 'attribute';
  const own = [...new Set(Object.values(attributes).map(({ key }) => key))];
  return [
    ...(known.metrics ?? []).map((key) => named('metrics', key)),
    ...(known.params ?? []).map((key) => named('params', key)),
    ...(known.tags ?? []).map((key) => named('tags', key)),
    ...own.map((key) => named(attributePrefix, key)),
    ...('dataset' in entities ? entities.dataset.keys.map((key) => named('datasets', key)) : []),
  ];
}

const NUMBER_COMPARATORS = ['<', '<=', '>', '>=', '=', '!='];
const TEXT_COMPARATORS = ['=', '!=', 'LIKE', 'ILIKE'];

interface NameParts {
  readonly prefix: string;
  readonly key: string;
}

function partsOf(name: string): NameParts {
  const dot = /^[`"]/.test(name) ? -1 : name.indexOf('.');
  const key = name.slice(dot + 1).replace(/^[`"](.*)[`"]$/s, '$1');
  return { prefix: dot < 0 ? 'attribute' : name.slice(0, dot), key };
}

function comparators(target: TargetName, name: string): readonly Suggestion[] {
  const { prefix, key } = partsOf(name);
  const { prefixes, attributes } = targets[target];
  const entity = Object.entries(prefixes).find(([spelling]) => spelling === prefix)?.[1];
  const attribute = Object.entries(attributes).find(([spelling]) => spelling === key)?.[1];
  const isNumber =
    entity === 'metric' ||
    (entity === 'attribute' && attribute?.value === 'number') ||
    (entity === 'dataset' && isDatasetNumber(target, key));
  const takesLists = (entity === 'dataset' && !isNumber) || (entity === 'attribute' && attribute?.lists);
  const takesNull = entity === 'param' || entity === 'tag';
  return [
    ...(isNumber ? NUMBER_COMPARATORS : TEXT_COMPARATORS),
    ...(takesLists ? ['IN', 'NOT IN'] : []),
    ...(takesNull ? ['IS NULL', 'IS NOT NULL'] : []),
  ].map((text) => ({ text, kind: 'comparator' }));
}

function isDatasetNumber(target: TargetName, key: string): boolean {
  const { entities } = targets[target];
  const numbers: readonly string[] = 'dataset' in entities ? entities.dataset.numbers : [];
  return numbers.includes(key);
}

const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];
const MOST_VALUES = 50;

function valuesOf(name: string, known: KnownKeys): readonly Suggestion[] {
  const { prefix, key } = partsOf(name);
  const values = /^param/.test(prefix)
    ? known.valuesOf?.('params', key)
    : /^tag/.test(prefix)
      ? known.valuesOf?.('tags', key)
      : key === 'status'
        ? STATUSES
        : undefined;
  return (values ?? [])
    .filter((value) => value.length <= 80 && !/['"]/.test(value))
    .slice(0, MOST_VALUES)
    .map((value) => ({ text: `'${value}'`, kind: 'value' }));
}
