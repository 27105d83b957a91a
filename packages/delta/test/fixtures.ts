import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalTableFiles } from '../src/local-table-files.ts';
import type { DeltaType } from '../src/schema.ts';
import type { Value } from '../src/value.ts';

/** Tables that Spark and delta-rs have written, beside what these writers read back from them. */
const FOLDER = join(import.meta.dirname, '../fixtures');

/** A value as `expected.py` writes it. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

export interface ExpectedVersion {
  readonly version: number;
  readonly schema: unknown;
  readonly count: number;
  readonly files: number;
  readonly rows?: readonly (readonly Plain[])[];
}

export interface Expected {
  readonly detail: {
    readonly id: string;
    readonly name: string | null;
    readonly description: string | null;
    readonly partitionColumns: readonly string[];
    readonly numFiles: number;
    readonly sizeInBytes: number;
    readonly properties: Readonly<Record<string, string>>;
    readonly minReaderVersion: number;
    readonly minWriterVersion: number;
    readonly tableFeatures: readonly string[];
  };
  readonly history: readonly {
    readonly version: number;
    readonly timestamp: string;
    readonly operation: string;
  }[];
  readonly versions: readonly ExpectedVersion[];
}

export const fixtureNames = (writer: 'spark' | 'delta-rs'): string[] =>
  readdirSync(join(FOLDER, writer)).sort();

export const fixtureFolder = (name: string): string => join(FOLDER, name, 'table');

export const fixtureTable = (name: string): LocalTableFiles => new LocalTableFiles(fixtureFolder(name));

export const expectedOf = <Content = Expected>(name: string): Content =>
  JSON.parse(readFileSync(join(FOLDER, name, 'expected.json'), 'utf8')) as Content;

export function plain(value: Value): Plain {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return String(value);
    return Object.is(value, -0) ? 0 : value;
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return (value as readonly Value[]).map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part as Value)]));
  return value as Plain;
}

/** Whole numbers are digits in what the writers say, whatever their width. */
export const comparable = (value: Value, type: DeltaType): Plain => {
  if (value === null) return null;
  if (type.type === 'integer' || type.type === 'short' || type.type === 'byte') return String(value);
  if (type.type === 'array')
    return (value as readonly Value[]).map((entry) => comparable(entry, type.element));
  if (type.type === 'map') {
    return (value as readonly (readonly Value[])[]).map(([key, entry]) => [
      comparable(key!, type.key),
      comparable(entry!, type.value),
    ]);
  }
  if (type.type === 'struct') {
    const struct = value as Readonly<Record<string, Value>>;
    return Object.fromEntries(
      type.fields.map((field) => [field.name, comparable(struct[field.name]!, field.type)]),
    );
  }
  return plain(value);
};
