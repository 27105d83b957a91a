import { corrupt, DeltaError, reasonOf } from './error.ts';
import { isObject, type Json, type JsonObject, own, parseJson } from './json.ts';

export type PrimitiveName =
  | 'string'
  | 'long'
  | 'integer'
  | 'short'
  | 'byte'
  | 'float'
  | 'double'
  | 'boolean'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'timestamp_ntz'
  | 'void';

export type DeltaType =
  | { readonly type: PrimitiveName }
  | { readonly type: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly type: 'array'; readonly element: DeltaType; readonly contains_null: boolean }
  | {
      readonly type: 'map';
      readonly key: DeltaType;
      readonly value: DeltaType;
      readonly value_contains_null: boolean;
    }
  | StructType
  /** A type that is not read here, such as `variant`. */
  | { readonly type: 'unknown'; readonly name: string };

export interface StructType {
  readonly type: 'struct';
  readonly fields: readonly StructField[];
}

export interface StructField {
  readonly name: string;
  readonly type: DeltaType;
  readonly nullable: boolean;
  readonly comment: string | undefined;
  /** Under column mapping: what data files and statistics call the field, and its number in data files. */
  readonly physical_name: string;
  readonly id: number | undefined;
}

const PRIMITIVES: ReadonlySet<string> = new Set<PrimitiveName>([
  'string',
  'long',
  'integer',
  'short',
  'byte',
  'float',
  'double',
  'boolean',
  'binary',
  'date',
  'timestamp',
  'timestamp_ntz',
  'void',
]);

/** Deeper and wider than any table; a bound for what a hostile schema costs. */
const DEEPEST = 100;
const MOST_FIELDS = 100_000;

/**
 * A table's `schemaString`.
 *
 * @param isMapped whether column mapping is on; physical names count only then
 * @throws DeltaError corrupt, too_large
 */
export function parseSchema(text: string, isMapped: boolean): StructType {
  let json: Json;
  try {
    json = parseJson(text);
  } catch (error) {
    throw corrupt('metaData.schemaString', reasonOf(error), { cause: error });
  }
  if (!isObject(json) || own(json, 'type') !== 'struct')
    throw corrupt('metaData.schemaString', 'it must be a struct');
  const count = { fields: 0 };
  const parse = (type: Json | undefined, path: readonly string[]): DeltaType => {
    if (path.length > DEEPEST)
      throw new DeltaError('too_large', `The schema is nested deeper than ${DEEPEST} levels.`);
    if (typeof type === 'string') return parsePrimitive(type);
    if (!isObject(type)) throw corrupt('metaData.schemaString', `'${path.join('.')}' has no type`);
    const kind = own(type, 'type');
    if (kind === 'struct') return parseStruct(type, path);
    if (kind === 'array') {
      return {
        type: 'array',
        element: parse(own(type, 'elementType'), [...path, 'element']),
        contains_null: own(type, 'containsNull') !== false,
      };
    }
    if (kind === 'map') {
      return {
        type: 'map',
        key: parse(own(type, 'keyType'), [...path, 'key']),
        value: parse(own(type, 'valueType'), [...path, 'value']),
        value_contains_null: own(type, 'valueContainsNull') !== false,
      };
    }
    return { type: 'unknown', name: typeof kind === 'string' ? kind : 'without a name' };
  };
  const parseStruct = (type: JsonObject, path: readonly string[]): StructType => {
    const fields = own(type, 'fields');
    if (!Array.isArray(fields)) throw corrupt('metaData.schemaString', `'${path.join('.')}' has no fields`);
    count.fields += fields.length;
    if (count.fields > MOST_FIELDS)
      throw new DeltaError('too_large', `The schema has more than ${MOST_FIELDS} fields.`);
    return { type: 'struct', fields: fields.map((field: Json) => parseField(field, path)) };
  };
  const parseField = (field: Json, path: readonly string[]): StructField => {
    const name = isObject(field) ? own(field, 'name') : undefined;
    if (!isObject(field) || typeof name !== 'string')
      throw corrupt('metaData.schemaString', `a field of '${path.join('.')}' has no name`);
    const given = own(field, 'metadata');
    const about: JsonObject = isObject(given) ? given : {};
    const comment = own(about, 'comment');
    const physical = own(about, 'delta.columnMapping.physicalName');
    const id = own(about, 'delta.columnMapping.id');
    return {
      name,
      type: parse(own(field, 'type'), [...path, name]),
      nullable: own(field, 'nullable') !== false,
      comment: typeof comment === 'string' ? comment : undefined,
      physical_name: isMapped && typeof physical === 'string' ? physical : name,
      id: isMapped && typeof id === 'number' ? id : undefined,
    };
  };
  return parseStruct(json, []);
}

function parsePrimitive(name: string): DeltaType {
  if (PRIMITIVES.has(name)) return { type: name as PrimitiveName };
  const decimal = /^decimal(?:\((\d{1,2}),\s*(\d{1,2})\))?$/.exec(name);
  if (decimal)
    return { type: 'decimal', precision: Number(decimal[1] ?? 10), scale: Number(decimal[2] ?? 0) };
  // Old tables hold Spark's names of text types with a length.
  if (/^(?:var)?char\(\d+\)$/.test(name)) return { type: 'string' };
  return { type: 'unknown', name };
}

/** The type in Delta's words: `decimal(10,2)`, `array<struct<x: long>>`. */
export function typeText(type: DeltaType): string {
  switch (type.type) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'array':
      return `array<${typeText(type.element)}>`;
    case 'map':
      return `map<${typeText(type.key)}, ${typeText(type.value)}>`;
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${typeText(field.type)}`).join(', ')}>`;
    case 'unknown':
      return type.name;
    default:
      return type.type;
  }
}

/** A type within this one that is not read here; undefined when all of it is. */
export function unknownWithin(type: DeltaType): string | undefined {
  switch (type.type) {
    case 'unknown':
      return type.name;
    case 'array':
      return unknownWithin(type.element);
    case 'map':
      return unknownWithin(type.key) ?? unknownWithin(type.value);
    case 'struct':
      for (const field of type.fields) {
        const found = unknownWithin(field.type);
        if (found !== undefined) return found;
      }
      return undefined;
    default:
      return undefined;
  }
}

/** A column or field of a struct that statistics are kept for. */
export interface Leaf {
  /** Names from the root, as people know them. */
  readonly names: readonly string[];
  /** The same as files know them. */
  readonly physical: readonly string[];
  readonly type: DeltaType;
}

/** All columns, those within structs each by itself, in the schema's order. */
export function leavesOf(
  struct: StructType,
  names: readonly string[] = [],
  physical: readonly string[] = [],
): Leaf[] {
  return struct.fields.flatMap((field) => {
    const at = [...names, field.name];
    const stored = [...physical, field.physical_name];
    return field.type.type === 'struct'
      ? leavesOf(field.type, at, stored)
      : [{ names: at, physical: stored, type: field.type }];
  });
}
