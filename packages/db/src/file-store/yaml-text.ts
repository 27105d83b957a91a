import type { Int64 } from '@bitacora/protocol';
import type { PythonJson } from '../parse-python-json.ts';
import { floatText, PythonFloat } from '../python-json.ts';

/** What stands at a key: values, maps of such, and any JSON. */
export type MetaValue =
  | string
  | boolean
  | Int64
  | null
  | PythonFloat
  | readonly PythonJson[]
  | ReadonlyMap<string, PythonJson>
  | { readonly [key: string]: MetaValue };

/**
 * The text of a file with these values, keys sorted as MLflow writes them. What else `before` has stays as it is:
 * newer releases add keys, and older ones left some.
 */
export function toMetaText(values: Readonly<Record<string, MetaValue>>, before = ''): string {
  const entries = new Map(topLevel(before));
  for (const [key, value] of Object.entries(values)) entries.set(key, `${key}:${valueText(value)}\n`);
  return [...entries]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, text]) => text)
    .join('');
}

/** Each key with the lines that belong to it; none where the text is not written in lines. */
function topLevel(text: string): [key: string, lines: string][] {
  const parts = text.split(/^(?=[^\s#-])/m).filter((part) => part.trim() !== '' && !part.startsWith('#'));
  const found = parts.map((part): [string, string] => [
    /^([A-Za-z_][\w.]*):(?=\s|$)/.exec(part)?.[1] ?? '',
    part,
  ]);
  return found.every(([key]) => key !== '') ? found.map(([key, part]) => [key, `${part.trimEnd()}\n`]) : [];
}

function valueText(value: MetaValue, indent = ''): string {
  if (!isRecord(value)) return ` ${inline(value)}`;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  const inner = `${indent}  `;
  return entries.length === 0
    ? ' {}'
    : entries.map(([key, each]) => `\n${inner}${quote(key)}:${valueText(each, inner)}`).join('');
}

const isRecord = (value: MetaValue): value is { readonly [key: string]: MetaValue } =>
  value !== null &&
  typeof value === 'object' &&
  !(value instanceof PythonFloat || value instanceof Map || Array.isArray(value));

/** In one line, lists and maps in brackets. */
function inline(value: Exclude<MetaValue, { readonly [key: string]: MetaValue }>): string {
  if (typeof value === 'string') return quote(value);
  if (value instanceof PythonFloat) return doubleText(value.value);
  if (value instanceof Map)
    return `{${[...value].map(([key, each]) => `${quote(key)}: ${inline(each)}`).join(', ')}}`;
  return Array.isArray(value) ? `[${value.map(inline).join(', ')}]` : String(value);
}

/** Python's YAML takes a number with an exponent for one only where it has a point too. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  return floatText(value).replace(/^(-?\d+)e/, '$1.0e');
}

/** Words that no release of YAML takes for anything but text. */
const PLAIN = /^[\p{L}/][\p{L}\p{N}/_.@+-]*$/u;
const NOT_TEXT = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
// Python's reader refuses the others outright, and half of a pair of surrogates has no place in UTF-8.
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what has to be escaped.
const ESCAPED = /[\u0000-\u001f\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g;

function quote(given: string): string {
  const text = given.toWellFormed();
  if (PLAIN.test(text) && !NOT_TEXT.test(text)) return text;
  if (text.search(ESCAPED) < 0) return `'${text.replaceAll("'", "''")}'`;
  const escaped = text
    .replace(/[\\"]/g, '\\$&')
    .replace(ESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${escaped}"`;
}
