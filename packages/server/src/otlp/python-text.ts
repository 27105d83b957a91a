/** Text as Python's `json.dumps(…, ensure_ascii=False)` quotes it, which JSON.stringify does alike. */
export const quote = (text: string): string => JSON.stringify(text);

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
