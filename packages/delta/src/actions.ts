import { DataFile } from './data-file.ts';
import { parseDeletionVector } from './deletion-vector.ts';
import { corrupt } from './error.ts';
import { type FilePath, parseFilePath } from './file-path.ts';
import { isObject, type Json, type JsonObject, own } from './json.ts';

/** What the log says of a table: the latest `metaData`. */
export interface Metadata {
  readonly id: string;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly provider: string;
  readonly schemaText: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: ReadonlyMap<string, string>;
  readonly createdMs: number | undefined;
}

export interface Protocol {
  readonly min_reader_version: number;
  readonly min_writer_version: number;
  /** Only from reader version 3 on. */
  readonly reader_features: readonly string[];
  /** Only from writer version 7 on. */
  readonly writer_features: readonly string[];
}

export interface Sidecar {
  readonly path: string;
  readonly size_bytes: number;
}

/** One line of a commit, as far as a reader needs it. */
export type Action =
  | { readonly kind: 'add'; readonly file: DataFile }
  | { readonly kind: 'remove'; readonly key: string }
  | { readonly kind: 'metaData'; readonly metadata: Metadata }
  | { readonly kind: 'protocol'; readonly protocol: Protocol }
  | { readonly kind: 'commitInfo'; readonly info: JsonObject }
  | { readonly kind: 'sidecar'; readonly sidecar: Sidecar };

/** Reads the fields of one action, and says where they stand when they are wrong. */
export class Fields {
  readonly #object: JsonObject;
  readonly #where: string;
  readonly #action: string;

  constructor(object: JsonObject, action: string, where: string) {
    this.#object = object;
    this.#where = where;
    this.#action = action;
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#fail(name, 'must be a text');
  }

  optionalText(name: string): string | undefined {
    const value = own(this.#object, name) ?? undefined;
    return value === undefined || typeof value === 'string' ? value : this.#fail(name, 'must be a text');
  }

  /** A number of bytes, milliseconds or rows. */
  whole(name: string): number {
    return this.optionalWhole(name) ?? this.#fail(name, 'must be a whole number from 0 to 2^53 - 1');
  }

  optionalWhole(name: string): number | undefined {
    const value = own(this.#object, name) ?? undefined;
    if (value === undefined) return undefined;
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.#fail(name, 'must be a whole number from 0 to 2^53 - 1');
  }

  texts(name: string): readonly string[] {
    const value = own(this.#object, name) ?? [];
    if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
    return this.#fail(name, 'must be a list of texts');
  }

  /** Texts, or null, by name. */
  map(name: string): ReadonlyMap<string, string | null> {
    const value = own(this.#object, name) ?? {};
    if (!isObject(value)) return this.#fail(name, 'must be an object of texts');
    const map = new Map<string, string | null>();
    for (const [key, entry] of Object.entries(value)) {
      if (entry !== null && typeof entry !== 'string')
        return this.#fail(name, `must hold a text for '${key}'`);
      map.set(key, entry);
    }
    return map;
  }

  object(name: string): Fields | undefined {
    const value = own(this.#object, name) ?? undefined;
    if (value === undefined) return undefined;
    return isObject(value)
      ? new Fields(value, `${this.#action}.${name}`, this.#where)
      : this.#fail(name, 'must be an object');
  }

  #fail(name: string, reason: string): never {
    throw corrupt(this.#where, `${this.#action}.${name} ${reason}`);
  }
}

/**
 * Actions that only writers care about, and any that are not known, are undefined: the protocol has readers ignore them.
 *
 * @param where the file, and line, for messages
 * @throws DeltaError corrupt, outside
 */
export function parseAction(line: Json, where: string, tableUri: string | undefined): Action | undefined {
  if (!isObject(line)) throw corrupt(where, 'an action must be an object');
  for (const [kind, body] of Object.entries(line)) {
    if (!isObject(body)) continue;
    const fields = new Fields(body, kind, where);
    if (kind === 'add') return { kind, file: dataFile(fields, tableUri) };
    if (kind === 'remove') {
      const vector = fields.object('deletionVector');
      const file = parseFilePath(fields.text('path'), tableUri);
      return { kind, key: fileKey(file, vector && parseDeletionVector(vector).id) };
    }
    if (kind === 'metaData') return { kind, metadata: metadata(fields) };
    if (kind === 'protocol') return { kind, protocol: protocol(fields) };
    if (kind === 'commitInfo') return { kind, info: body };
    if (kind === 'sidecar')
      return { kind, sidecar: { path: fields.text('path'), size_bytes: fields.whole('sizeInBytes') } };
  }
  return undefined;
}

/** A logical file: the protocol's primary key is its path together with its deletion vector. */
export const fileKey = (file: FilePath, vectorId: string | undefined): string =>
  `${'path' in file ? file.path : file.elsewhere}\0${vectorId ?? ''}`;

export function dataFile(fields: Fields, tableUri: string | undefined): DataFile {
  const vector = fields.object('deletionVector');
  const statistics = fields.optionalText('stats');
  return new DataFile({
    location: parseFilePath(fields.text('path'), tableUri),
    size_bytes: fields.whole('size'),
    modified_ms: fields.optionalWhole('modificationTime') ?? 0,
    partitionTexts: fields.map('partitionValues'),
    deletion_vector: vector && parseDeletionVector(vector),
    statistics: statistics === undefined || statistics === '' ? undefined : { json: statistics },
  });
}

export function metadata(fields: Fields): Metadata {
  const configuration = new Map<string, string>();
  for (const [key, value] of fields.map('configuration')) if (value !== null) configuration.set(key, value);
  return {
    id: fields.text('id'),
    name: fields.optionalText('name'),
    description: fields.optionalText('description'),
    provider: fields.object('format')?.optionalText('provider') ?? 'parquet',
    // A log made by hand may lack it; Spark takes that for a table without columns.
    schemaText: fields.optionalText('schemaString') ?? '{"type":"struct","fields":[]}',
    partitionColumns: fields.texts('partitionColumns'),
    configuration,
    createdMs: fields.optionalWhole('createdTime'),
  };
}

export const protocol = (fields: Fields): Protocol => ({
  min_reader_version: fields.whole('minReaderVersion'),
  min_writer_version: fields.whole('minWriterVersion'),
  reader_features: fields.texts('readerFeatures'),
  writer_features: fields.texts('writerFeatures'),
});
