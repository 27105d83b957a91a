import { parsePythonJson } from '@bitacora/db';
import { MOST_NESTED } from './export-request.ts';

/** Text as Python's `json.dumps(…, ensure_ascii=False)` quotes it, which JSON.stringify does alike. */
export const quote = (text: string): string => JSON.stringify(text);

/**
 * How a value is written: an attribute of a span that holds JSON as text is that JSON, and bytes stand in base64 in
 * links alone.
 */
export type ValueForm = 'plain' | 'span' | 'link';

/** What text begins with that holds JSON of a text, list or object. That of a number may be meant as text. */
const BEGINS_JSON = /^[ \t\n\r]*["[{]/;

/** Text that was encoded by its sender stays as it is. */
export const jsonOrQuoted = (text: string): string =>
  BEGINS_JSON.test(text) && isJson(text) ? text : quote(text);

/** What nests deeper than any reader follows stays text. */
function isJson(text: string): boolean {
  if (mostNested(text) > MOST_NESTED) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Python's readers know NaN and infinities as well.
    if (!/NaN|Infinity/.test(text)) return false;
  }
  try {
    parsePythonJson(text);
    return true;
  } catch {
    return false;
  }
}

/** How deep brackets open, those within strings counted too: at least as deep as the JSON nests. */
function mostNested(text: string): number {
  let depth = 0;
  let most = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index) | 0x20;
    // [ and { differ in this bit alone, as do ] and }.
    if (unit === 0x7b) most = Math.max(most, ++depth);
    else if (unit === 0x7d) depth--;
  }
  return most;
}

const KEPT_NAMES = 2000;
const quotedNames = new Map<string, string>();

/** The name of an attribute, quoted. Names come again and again. */
export function quoteName(name: string): string {
  let quoted = quotedNames.get(name);
  if (quoted === undefined) {
    quoted = JSON.stringify(name);
    if (quotedNames.size < KEPT_NAMES && name.length < 100) quotedNames.set(name, quoted);
  }
  return quoted;
}

/** Bytes, for which JSON has no form: MLflow stores what Python's `str` makes of them, `b'\x00…'`. */
export function bytesText(bytes: Uint8Array): string {
  let text = '';
  let hasSingle = false;
  let hasDouble = false;
  for (const byte of bytes) {
    hasSingle ||= byte === 0x27;
    hasDouble ||= byte === 0x22;
  }
  const mark = hasSingle && !hasDouble ? '"' : "'";
  for (const byte of bytes) text += byteText(byte, mark);
  return quote(`b${mark}${text}${mark}`);
}

function byteText(byte: number, mark: string): string {
  switch (byte) {
    case 0x09:
      return '\\t';
    case 0x0a:
      return '\\n';
    case 0x0d:
      return '\\r';
    case 0x5c:
      return '\\\\';
  }
  const char = String.fromCharCode(byte);
  if (char === mark) return `\\${char}`;
  return byte >= 0x20 && byte < 0x7f ? char : `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** A list of values that are text already. */
export const listText = (items: readonly string[]): string => `[${items.join(', ')}]`;

/** An object of values that are text already; of a name that comes twice the later value counts. */
export function objectText(fields: ReadonlyMap<string, string>): string {
  let text = '{';
  for (const [name, value] of fields) text += `${text === '{' ? '' : ', '}${quoteName(name)}: ${value}`;
  return `${text}}`;
}
