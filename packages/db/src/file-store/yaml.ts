import { type Int64, narrow } from '@bitacora/protocol';
import { isMap, isScalar, parseDocument, Scalar, type YAMLMap } from 'yaml';

/** What stands at a key: text as it is written, and whether quotes keep it from being read as anything else. */
interface Field {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** A `meta.yaml` cannot be used; the message says why, for whoever must mend the file. */
export class MetaError extends Error {
  override readonly name = 'MetaError';
}

/** What Python's YAML reads as None where it stands without quotes. */
const NULL = /^(?:~|null|Null|NULL|)$/;

/**
 * A file of facts as MLflow writes it. Values stay the text they are until somebody says what they should be: YAML 1.1
 * and 1.2 disagree about too many words (`1e3`, `yes`, `1:20`), and a name must not turn into a number.
 */
export class Meta {
  readonly #fields: ReadonlyMap<string, Field>;
  readonly #maps: ReadonlyMap<string, ReadonlyMap<string, string>>;

  constructor(fields: ReadonlyMap<string, Field>, maps: ReadonlyMap<string, ReadonlyMap<string, string>>) {
    this.#fields = fields;
    this.#maps = maps;
  }

  /** @throws MetaError */
  static parse(text: string): Meta {
    if (text.trim() === '') throw new MetaError('it is empty');
    const flat = parseFlat(text);
    if (flat) return flat;
    const { items } = parse(text);
    const fields = new Map<string, Field>();
    const maps = new Map<string, ReadonlyMap<string, string>>();
    for (const { key, value } of items) {
      const name = scalar(key)?.text ?? '';
      if (isMap(value)) maps.set(name, toTexts(value));
      const field = scalar(value);
      if (field) fields.set(name, field);
    }
    return new Meta(fields, maps);
  }

  has(key: string): boolean {
    return this.#fields.has(key);
  }

  /** Null where the file has null or nothing. */
  text(key: string): string | null {
    const field = this.#fields.get(key);
    return field === undefined || (!field.isQuoted && NULL.test(field.text)) ? null : field.text;
  }

  /** @throws MetaError */
  needText(key: string): string {
    const text = this.text(key);
    if (text === null) throw new MetaError(`it has no '${key}': it may be half written`);
    return text;
  }

  /** @throws MetaError when there is something that is not a whole number of 64 bits. */
  integer(key: string): Int64 | null {
    const text = this.text(key);
    if (text === null) return null;
    const value = /^[+-]?\d{1,19}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
    if (value === undefined || BigInt.asIntN(64, value) !== value)
      throw new MetaError(`its '${key}' is '${text.slice(0, 40)}', not a whole number`);
    return narrow(value);
  }

  /** The texts in a map; empty where there is none. */
  map(key: string): ReadonlyMap<string, string> {
    return this.#maps.get(key) ?? new Map();
  }
}

function parse(text: string): YAMLMap {
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) throw new MetaError(`it is not YAML: ${error.message.split('\n', 1)[0]}`);
  if (isMap(document.contents)) return document.contents;
  throw new MetaError('it does not hold names with values: it may be half written');
}

function scalar(node: unknown): Field | undefined {
  if (!isScalar(node)) return undefined;
  return { text: String(node.value ?? ''), isQuoted: node.type !== Scalar.PLAIN };
}

const toTexts = ({ items }: YAMLMap) =>
  new Map(items.map(({ key, value }) => [scalar(key)?.text ?? '', scalar(value)?.text ?? '']));

/** A line of what nearly every file consists of; the parser for all of YAML takes fifty times as long. */
const LINE =
  /^( {2})?([\p{L}_][\p{L}\p{N}_./-]*):(?: (?:'((?:[^']|'')*)'|([\p{L}\p{N}/_.][^:#'"\\\t]*(?::[^\s:#'"\\][^:#'"\\\t]*)*)|\[\]|(\{\})))?$/u;

function parseFlat(text: string): Meta | undefined {
  const fields = new Map<string, Field>();
  const maps = new Map<string, Map<string, string>>();
  let open: Map<string, string> | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, indent, key, quoted, plain] = LINE.exec(line) ?? [];
    if (key === undefined || plain?.endsWith(' ')) return undefined;
    const value = quoted === undefined ? plain : quoted.replaceAll("''", "'");
    if (indent === undefined) {
      open = undefined;
      if (value !== undefined) fields.set(key, { text: value, isQuoted: quoted !== undefined });
      else if (line.endsWith(':')) {
        open = new Map();
        maps.set(key, open);
      }
    } else {
      if (open === undefined || value === undefined) return undefined;
      open.set(key, value);
    }
  }
  // A key with nothing below it is a null.
  for (const [key, map] of maps) if (map.size === 0) fields.set(key, { text: '', isQuoted: false });
  return fields.size + maps.size === 0 ? undefined : new Meta(fields, maps);
}
export type MetaValue = string | Int64 | null | readonly [] | Readonly<Record<string, string>>;

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

function valueText(value: MetaValue): string {
  if (typeof value === 'string') return ` ${quote(value)}`;
  if (value === null || typeof value !== 'object') return ` ${value}`;
  if (Array.isArray(value)) return ' []';
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.length === 0
    ? ' {}'
    : entries.map(([key, text]) => `\n  ${quote(key)}: ${quote(text)}`).join('');
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
