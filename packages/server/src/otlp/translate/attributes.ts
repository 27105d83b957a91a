import { type PythonJson, parsePythonJson } from '@bitacora/db';

/** The attributes of a span: each value as JSON text in Python's spelling, which is how MLflow stores them. */
export type Attributes = ReadonlyMap<string, string>;

const NOTHING =
  /^[ \t\n\r]*(?:""|null|false|-?0(?:\.0+)?(?:[eE][+-]?\d+)?|\[[ \t\n\r]*\]|\{[ \t\n\r]*\})[ \t\n\r]*$/;

/** The text of an attribute, unless it says nothing: an empty text, list or object, zero, false or null. */
export function saidBy(attributes: Attributes, key: string): string | undefined {
  const text = attributes.get(key);
  return text === undefined || NOTHING.test(text) ? undefined : text;
}

/** The first of some attributes that says something. */
export function firstValue(attributes: Attributes, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = saidBy(attributes, key);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Most attributes are plain text or small numbers: those need no parser. */
const PLAIN_TEXT = /^"[^"\\]*"$/;
const SMALL_INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;

/** What JSON text stands for; text that is not JSON stands for itself. */
export function decode(text: string | undefined): PythonJson | undefined {
  if (text === undefined) return undefined;
  if (PLAIN_TEXT.test(text)) return text.slice(1, -1);
  if (SMALL_INTEGER.test(text)) return Number(text);
  try {
    return parsePythonJson(text);
  } catch {
    return text;
  }
}

/** The text of an attribute that holds a text. */
export function textOf(attributes: Attributes, key: string): string | undefined {
  const value = decode(attributes.get(key));
  return typeof value === 'string' ? value : undefined;
}

/** A whole number, given as number or as text; undefined for anything else. */
export function toCount(text: string | undefined): bigint | undefined {
  const value = decode(text);
  if (typeof value === 'number' || typeof value === 'bigint') return BigInt(value);
  return typeof value === 'string' && /^\s*[+-]?\d{1,19}\s*$/.test(value)
    ? BigInt(value.trim().replace(/^\+/, ''))
    : undefined;
}
