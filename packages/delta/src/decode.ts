import { DeltaError, show } from './error.ts';
import { isList, type ParquetNode } from './parquet-schema.ts';
import { type DeltaType, type StructType, typeText } from './schema.ts';
import { dateText, decimalText, floorDivide, timestampText, type Value } from './value.ts';

/** Makes a value of what a Parquet file stores for it. */
export type Decoder = (stored: unknown) => Value;

/** How a table finds its columns in files. */
export type Mapping = 'none' | 'name' | 'id';

/** The node of a struct's field in a file; undefined when the file was written before the field was there. */
export function findNode(
  nodes: readonly ParquetNode[],
  field: StructType['fields'][number],
  mapping: Mapping,
): ParquetNode | undefined {
  if (mapping === 'id') return nodes.find((node) => node.id !== undefined && node.id === field.id);
  const name = mapping === 'name' ? field.physical_name : field.name;
  return nodes.find((node) => node.name === name);
}

/**
 * How the values of one column of one file are read as a type of the table. The file may hold a narrower type, from
 * before the column was widened.
 *
 * @throws DeltaError unsupported when the file's type is no form of the table's
 */
export function decoderOf(type: DeltaType, node: ParquetNode, mapping: Mapping, where: string): Decoder {
  const refuse = () =>
    new DeltaError(
      'unsupported',
      `'${show(where)}' holds ${storedText(node)} for '${show(node.name)}', which cannot be read as ${typeText(type)}.`,
    );
  const nullable =
    (decode: (stored: NonNullable<unknown>) => Value): Decoder =>
    (stored) =>
      stored === null || stored === undefined ? null : decode(stored);
  if (type.type === 'struct') {
    if (node.element.type !== undefined) throw refuse();
    const fields = type.fields.map((field) => {
      const child = findNode(node.children, field, mapping);
      return {
        name: field.name,
        alias: child?.alias,
        decode: child ? decoderOf(field.type, child, mapping, where) : () => null,
      };
    });
    return nullable((stored) => {
      const struct: Record<string, Value> = Object.create(null);
      for (const { name, alias, decode } of fields)
        struct[name] = alias === undefined ? null : decode(partOf(stored, alias));
      return struct;
    });
  }
  if (type.type === 'array') {
    const [repeated] = node.children;
    if (repeated === undefined || !isList(node)) throw refuse();
    const element = decoderOf(type.element, repeated.children[0] ?? repeated, mapping, where);
    return nullable((stored) => listOf(stored).map(element));
  }
  if (type.type === 'map') {
    const [pairs] = node.children;
    const [key, value] = pairs?.children ?? [];
    if (pairs === undefined || key === undefined || value === undefined) throw refuse();
    const decodeKey = decoderOf(type.key, key, mapping, where);
    const decodeValue = decoderOf(type.value, value, mapping, where);
    return nullable((stored) =>
      listOf(partOf(stored, pairs.alias)).map(
        (pair): Value => [decodeKey(partOf(pair, key.alias)), decodeValue(partOf(pair, value.alias))],
      ),
    );
  }
  const decode = primitive(type, node);
  if (decode === undefined) throw refuse();
  return nullable(decode);
}

/** An aliased part of a nested value; aliases are this package's own, never a file's. */
const partOf = (stored: unknown, alias: string): unknown =>
  typeof stored === 'object' && stored !== null
    ? (stored as Readonly<Record<string, unknown>>)[alias]
    : undefined;

const listOf = (stored: unknown): unknown[] =>
  Array.isArray(stored)
    ? stored
    : stored === null || stored === undefined
      ? []
      : Array.from(stored as ArrayLike<unknown>);

function primitive(
  type: DeltaType,
  { element }: ParquetNode,
): ((stored: NonNullable<unknown>) => Value) | undefined {
  const stored = element.type;
  const isDecimal = element.converted_type === 'DECIMAL' || element.logical_type?.type === 'DECIMAL';
  const isInteger = (stored === 'INT32' || stored === 'INT64') && !isDecimal;
  switch (type.type) {
    case 'string':
      return stored === 'BYTE_ARRAY' ? textOf : undefined;
    case 'binary':
      return stored === 'BYTE_ARRAY' || stored === 'FIXED_LEN_BYTE_ARRAY' ? bytesOf : undefined;
    case 'boolean':
      return stored === 'BOOLEAN' ? Boolean : undefined;
    case 'long':
      return isInteger ? (value) => BigInt(value as number | bigint) : undefined;
    case 'integer':
    case 'short':
    case 'byte':
      return isInteger && stored === 'INT32' ? Number : undefined;
    case 'float':
    case 'double':
      return stored === 'FLOAT' || stored === 'DOUBLE' || (stored === 'INT32' && !isDecimal)
        ? Number
        : undefined;
    case 'decimal':
      return decimalOf(type.scale, element, isDecimal);
    case 'date':
      return stored === 'INT32' ? (value) => dateText(Number(value)) : undefined;
    case 'timestamp':
    case 'timestamp_ntz':
      return timestampOf(element, type.type === 'timestamp' ? 'Z' : '');
    case 'void':
      return () => null;
    default:
      return undefined;
  }
}

const decoder = new TextDecoder();
const textOf = (value: NonNullable<unknown>): Value =>
  typeof value === 'string' ? value : decoder.decode(asBytes(value));

function asBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new Error('a page holds no bytes where its column says so');
}

/** A copy: what a page holds would keep the whole page in memory. */
const bytesOf = (value: NonNullable<unknown>): Value =>
  typeof value === 'string' ? new TextEncoder().encode(value) : Uint8Array.from(asBytes(value));

/** Integers of a column that was widened count as decimals without digits after the point. */
function decimalOf(scale: number, element: ParquetNode['element'], isDecimal: boolean) {
  const logical = element.logical_type;
  const storedScale = isDecimal ? (element.scale ?? (logical?.type === 'DECIMAL' ? logical.scale : 0)) : 0;
  const isBytes = element.type === 'BYTE_ARRAY' || element.type === 'FIXED_LEN_BYTE_ARRAY';
  if (storedScale > scale || !(isBytes ? isDecimal : element.type === 'INT32' || element.type === 'INT64'))
    return undefined;
  const factor = 10n ** BigInt(scale - storedScale);
  return (value: NonNullable<unknown>): Value =>
    decimalText((isBytes ? bigEndian(asBytes(value)) : BigInt(value as number | bigint)) * factor, scale);
}

/** Two's complement. */
function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(
    bytes.length * 8,
    BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`),
  );
}

function timestampOf(element: ParquetNode['element'], zone: 'Z' | '') {
  if (element.type === 'INT96')
    return (value: NonNullable<unknown>) => timestampText(floorDivide(BigInt(value as bigint), 1000n), zone);
  const logical = element.logical_type;
  // A date that was widened is its midnight.
  if (element.type === 'INT32' && (element.converted_type === 'DATE' || logical?.type === 'DATE'))
    return (value: NonNullable<unknown>) => timestampText(BigInt(value as number) * 86_400_000_000n, zone);
  if (element.type !== 'INT64') return undefined;
  const unit =
    logical?.type === 'TIMESTAMP'
      ? logical.unit
      : element.converted_type === 'TIMESTAMP_MILLIS'
        ? 'MILLIS'
        : 'MICROS';
  return (value: NonNullable<unknown>) => {
    const stored = BigInt(value as bigint);
    return timestampText(
      unit === 'MILLIS' ? stored * 1000n : unit === 'NANOS' ? floorDivide(stored, 1000n) : stored,
      zone,
    );
  };
}

function storedText({ element }: ParquetNode): string {
  const annotation = element.converted_type ?? element.logical_type?.type;
  return `${element.type ?? 'a group'}${annotation === undefined ? '' : ` (${annotation})`}`;
}
