import { type Int64, narrow } from '@bitacora/protocol';
import { isMap, isScalar, parseDocument, Scalar, type YAMLMap } from 'yaml';
import { parseBlocks } from './yaml-blocks.ts';

/** What stands at a key: text as it is written, and whether quotes keep it from being read as anything else. */
export interface Field {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** Names with what stands at them; lists are left out. */
export type Fields = ReadonlyMap<string, Field | Fields>;

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
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  /** @throws MetaError */
  static parse(text: string): Meta {
    if (text.trim() === '') throw new MetaError('it is empty');
    return new Meta(parseBlocks(text) ?? toFields(parseYaml(text)));
  }

  has(key: string): boolean {
    return this.#field(key) !== undefined;
  }

  /** Null where the file has null or nothing. */
  text(key: string): string | null {
    const field = this.#field(key);
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
    const inner = this.#fields.get(key);
    if (!(inner instanceof Map)) return new Map();
    return new Map([...(inner as Fields)].map(([name, field]) => [name, isField(field) ? field.text : '']));
  }

  /** What stands in a map; nothing where there is none. */
  within(key: string): Meta {
    const inner = this.#fields.get(key);
    return new Meta(inner instanceof Map ? (inner as Fields) : new Map());
  }

  #field(key: string): Field | undefined {
    const field = this.#fields.get(key);
    return isField(field) ? field : undefined;
  }
}

const isField = (found: Field | Fields | undefined): found is Field =>
  found !== undefined && !(found instanceof Map);

/** @throws MetaError for what is no YAML, or no map. */
export function parseYaml(text: string): YAMLMap {
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) throw new MetaError(`it is not YAML: ${error.message.split('\n', 1)[0]}`);
  if (isMap(document.contents)) return document.contents;
  throw new MetaError('it does not hold names with values: it may be half written');
}

export function toField(node: unknown): Field | undefined {
  if (!isScalar(node)) return undefined;
  return { text: String(node.value ?? ''), isQuoted: node.type !== Scalar.PLAIN };
}

export function toFields({ items }: YAMLMap): Fields {
  const fields = new Map<string, Field | Fields>();
  for (const { key, value } of items) {
    const found = isMap(value) ? toFields(value) : toField(value);
    if (found) fields.set(toField(key)?.text ?? '', found);
  }
  return fields;
}
