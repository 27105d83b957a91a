import { quote, SearchSyntaxError } from './error.ts';
import type { Target, ValueKind } from './targets.ts';
import type { Entity } from './tree.ts';

/** A name that was understood: what it names, and which values and comparators it takes. */
export interface Identifier {
  readonly entity: Entity;
  readonly key: string;
  readonly value: ValueKind;
  readonly lists: boolean;
  readonly nulls: boolean;
  readonly comparators?: readonly string[];
  readonly onlyOrders?: boolean;
  readonly whole?: boolean;
}

interface Name {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/**
 * `[entity.]key`. The key may stand in backticks or double quotes; without an entity it is an attribute.
 *
 * @throws SearchSyntaxError naming what there is instead.
 */
export function readIdentifier(target: Target, { text, from, to }: Name): Identifier {
  const fail = (message: string) =>
    new SearchSyntaxError(`${message} (at position ${from}).`, from, to - from);
  // A dot inside quotes belongs to the key.
  const dot = /^["`]/.test(text) ? -1 : text.indexOf('.');
  const entity = dot < 0 ? 'attribute' : lookUp(target.prefixes, text.slice(0, dot));
  if (entity === undefined) {
    throw fail(
      `Invalid entity type ${quote(text.slice(0, dot))} in a search of ${target.thing}. Use one of ${Object.keys(target.prefixes).join(', ')}`,
    );
  }
  const key = unquote(dot < 0 ? text : text.slice(dot + 1));
  if (key === '') throw fail(`${quote(text)} names no key`);
  if (entity === 'attribute') {
    const attribute = lookUp(target.attributes, key);
    if (!attribute) {
      throw fail(
        `Invalid attribute key ${quote(key)} in a search of ${target.thing}. Use one of ${Object.keys(target.attributes).join(', ')}, or name what it belongs to, such as tags.${key}`,
      );
    }
    return { entity, ...attribute, nulls: attribute.nulls ?? false };
  }
  const rules = target.entities[entity];
  if (!rules) throw fail(`${target.thing} cannot be searched by ${entity}`);
  const { value, lists, nulls, comparators, keys, numbers = [], openKeys = [], only = {} } = rules;
  const openKey = openKeys.find((open) => key.startsWith(open));
  if (openKey !== undefined) {
    const rest = unquote(key.slice(openKey.length));
    if (rest === '') throw fail(`${quote(text)} names no key`);
    return { entity, key: openKey + rest, value, lists, nulls, ...(comparators && { comparators }) };
  }
  if (keys && !keys.includes(key)) {
    const choice = [...keys, ...openKeys.map((open) => `${open}<key>`)].join(', ');
    throw fail(`Invalid ${entity} attribute key ${quote(key)}. Use one of ${choice}`);
  }
  if (numbers.includes(key)) return { entity, key, value: 'number', lists: false, nulls: false };
  const narrowed = lookUp(only, key);
  if (narrowed) return { entity, key, value, lists: false, nulls: false, comparators: narrowed };
  return { entity, key, value, lists, nulls, ...(comparators && { comparators }) };
}

/** Own properties only: a filter may say `constructor`. */
export const lookUp = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

export function unquote(text: string): string {
  const mark = text[0];
  return text.length >= 2 && (mark === '`' || mark === '"' || mark === "'") && text.endsWith(mark)
    ? text.slice(1, -1)
    : text;
}
