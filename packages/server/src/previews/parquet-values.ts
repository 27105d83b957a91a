import { dateText, decimalText, floorDivide, isList, type ParquetNode, timestampText } from '@bitacora/delta';

/** Makes a value that a page can show of what a Parquet file stores. */
export type ParquetDecoder = (stored: unknown) => unknown;

type Stored = NonNullable<unknown>;

/** Items of a list that are decoded; a cell shows fewer. */
const MOST_ITEMS = 500;

/** Whole numbers come exact, decimals, dates and times as texts, lists as lists, maps as maps and structs as objects. */
export function parquetDecoder(node: ParquetNode): ParquetDecoder {
  const decode = node.children.length > 0 ? nestedDecoder(node) : leafDecoder(node);
  const nullable: ParquetDecoder = (stored) =>
    stored === null || stored === undefined ? null : decode(stored);
  // A repeated field without a list around it is a list by itself.
  return node.element.repetition_type === 'REPEATED' ? (stored) => itemsOf(stored).map(nullable) : nullable;
}

function nestedDecoder(node: ParquetNode): (stored: Stored) => unknown {
  if (isList(node)) {
    const repeated = node.children[0]!;
    const item = plainDecoder(repeated.children[0] ?? repeated);
    return (stored) => itemsOf(stored).map(item);
  }
  const [pairs] = node.children;
  const [key, value] = pairs?.children ?? [];
  if (isMap(node) && pairs !== undefined && key !== undefined && value !== undefined) {
    const [decodeKey, decodeValue] = [parquetDecoder(key), parquetDecoder(value)];
    return (stored) =>
      new Map(
        itemsOf(partOf(stored, pairs.alias)).map((pair) => [
          decodeKey(partOf(pair, key.alias)),
          decodeValue(partOf(pair, value.alias)),
        ]),
      );
  }
  const fields = node.children.map((child) => ({ child, decode: parquetDecoder(child) }));
  return (stored) =>
    new Map(fields.map(({ child, decode }) => [child.name, decode(partOf(stored, child.alias))]));
}

/** Of a list's item, which is repeated only as the list has it. */
const plainDecoder = (node: ParquetNode): ParquetDecoder =>
  parquetDecoder({ ...node, element: { ...node.element, repetition_type: 'OPTIONAL' } });

const isMap = ({ element, children }: ParquetNode) =>
  (/^MAP/.test(element.converted_type ?? '') || element.logical_type?.type === 'MAP') &&
  children.length === 1 &&
  children[0]?.element.repetition_type === 'REPEATED';

/** An aliased part of a nested value; aliases are the reader's own, never a file's. */
const partOf = (stored: unknown, alias: string): unknown =>
  typeof stored === 'object' && stored !== null
    ? (stored as Readonly<Record<string, unknown>>)[alias]
    : undefined;

const itemsOf = (stored: unknown): unknown[] =>
  stored === null || stored === undefined
    ? []
    : Array.isArray(stored)
      ? stored.slice(0, MOST_ITEMS)
      : Array.from((stored as Uint8Array).subarray?.(0, MOST_ITEMS) ?? []);

function leafDecoder({ element }: ParquetNode): (stored: Stored) => unknown {
  const { type, converted_type: converted, logical_type: logical } = element;
  const kind = logical?.type;
  if (converted === 'DECIMAL' || kind === 'DECIMAL') return decimalDecoder(element);
  switch (type) {
    case 'INT32':
      if (converted === 'DATE' || kind === 'DATE') return (stored) => dateText(Number(stored));
      if (converted === 'TIME_MILLIS' || kind === 'TIME')
        return (stored) => timeText(BigInt(Number(stored)) * 1_000_000n);
      return isUnsigned(element) ? (stored) => Number(stored) >>> 0 : Number;
    case 'INT64':
      if (/^TIMESTAMP/.test(converted ?? '') || kind === 'TIMESTAMP') return timestampDecoder(element);
      if (converted === 'TIME_MICROS' || kind === 'TIME') {
        const nanos = kind === 'TIME' && logical.unit === 'NANOS' ? 1n : 1000n;
        return (stored) => timeText(BigInt(stored as bigint) * nanos);
      }
      return isUnsigned(element)
        ? (stored) => BigInt.asUintN(64, BigInt(stored as bigint))
        : (stored) => BigInt(stored as bigint);
    case 'INT96':
      return (stored) => timestampText(floorDivide(BigInt(stored as bigint), 1000n), '');
    case 'BYTE_ARRAY':
      return /^(?:UTF8|ENUM|JSON)$/.test(converted ?? '') || /^(?:STRING|ENUM|JSON)$/.test(kind ?? '')
        ? textOf
        : same;
    case 'FIXED_LEN_BYTE_ARRAY':
      if (kind === 'UUID') return uuidText;
      if (kind === 'FLOAT16') return (stored) => halfFloat(bytesOf(stored));
      return same;
    default:
      return same;
  }
}

type Element = ParquetNode['element'];

const same = (stored: Stored): unknown => stored;

const isUnsigned = ({ converted_type, logical_type }: Element) =>
  /^UINT/.test(converted_type ?? '') || (logical_type?.type === 'INTEGER' && !logical_type.isSigned);

function scaleOf({ scale, logical_type }: Element): number {
  const found = logical_type?.type === 'DECIMAL' ? logical_type.scale : scale;
  // A damaged footer may claim any.
  return Math.min(Math.max(found ?? 0, 0), 1_000);
}

function decimalDecoder(element: Element): (stored: Stored) => unknown {
  const scale = scaleOf(element);
  const isBytes = element.type === 'BYTE_ARRAY' || element.type === 'FIXED_LEN_BYTE_ARRAY';
  return (stored) =>
    decimalText(isBytes ? bigEndian(bytesOf(stored)) : BigInt(stored as number | bigint), scale);
}

function timestampDecoder({ converted_type, logical_type }: Element): (stored: Stored) => unknown {
  const logical = logical_type?.type === 'TIMESTAMP' ? logical_type : undefined;
  const unit = logical?.unit ?? (converted_type === 'TIMESTAMP_MILLIS' ? 'MILLIS' : 'MICROS');
  const zone = logical === undefined || logical.isAdjustedToUTC ? 'Z' : '';
  return (stored) => {
    const value = BigInt(stored as bigint);
    if (unit === 'NANOS') return nanosText(value, zone);
    return timestampText(unit === 'MILLIS' ? value * 1000n : value, zone);
  };
}

/** With all nine digits. */
export function nanosText(nanos: bigint, zone: 'Z' | ''): string {
  const micros = floorDivide(nanos, 1000n);
  return `${timestampText(micros, '')}${String(nanos - micros * 1000n).padStart(3, '0')}${zone}`;
}

/** A time of day of nanoseconds since midnight. */
export function timeText(nanos: bigint): string {
  const text = timestampText(floorDivide(nanos, 1000n), '');
  return text.slice(text.indexOf('T') + 1);
}

/** Two's complement. */
export function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`));
}

const bytesOf = (stored: Stored): Uint8Array => {
  if (stored instanceof Uint8Array) return stored;
  throw new TypeError('a page holds no bytes where its column says so');
};

const decoder = new TextDecoder();
const textOf = (stored: Stored): string =>
  typeof stored === 'string' ? stored : decoder.decode(bytesOf(stored));

function uuidText(stored: Stored): string {
  const hex = Buffer.from(bytesOf(stored)).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function halfFloat(bytes: Uint8Array): number {
  const bits = (bytes[1] ?? 0) * 256 + (bytes[0] ?? 0);
  return halfFloatOf(bits);
}

/** IEEE 754 binary16. */
export function halfFloatOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** As Arrow names types, which is what people know from pandas and Polars. */
export function parquetType(node: ParquetNode, level = 0): string {
  const text = level > 10 ? '…' : plainType(node, level);
  const whole = node.element.repetition_type === 'REPEATED' && level === 0 ? `list<${text}>` : text;
  return whole.length > 200 ? `${whole.slice(0, 200)}…` : whole;
}

function plainType(node: ParquetNode, level: number): string {
  const { element, children } = node;
  if (children.length === 0) return leafType(element);
  if (isList(node)) return `list<${parquetType(children[0]!.children[0] ?? children[0]!, level + 1)}>`;
  if (isMap(node))
    return `map<${children[0]!.children.map((each) => parquetType(each, level + 1)).join(', ')}>`;
  return `struct<${children
    .slice(0, 20)
    .map((each) => `${each.name}: ${parquetType(each, level + 1)}`)
    .join(', ')}>`;
}

const BITS = /(\d+)$/;

function leafType(element: Element): string {
  const { type, converted_type: converted = '', logical_type: logical, precision } = element;
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL')
    return `decimal(${logical?.type === 'DECIMAL' ? logical.precision : precision}, ${scaleOf(element)})`;
  if (type === 'INT32' || type === 'INT64') {
    if (converted === 'DATE' || logical?.type === 'DATE') return 'date';
    if (/^TIME_/.test(converted) || logical?.type === 'TIME') return 'time';
    if (/^TIMESTAMP/.test(converted) || logical?.type === 'TIMESTAMP')
      return logical?.type === 'TIMESTAMP' && !logical.isAdjustedToUTC ? 'timestamp' : 'timestamp, UTC';
    const bits =
      logical?.type === 'INTEGER' ? logical.bitWidth : (BITS.exec(converted)?.[1] ?? BITS.exec(type)![1]);
    return `${isUnsigned(element) ? 'u' : ''}int${bits}`;
  }
  if (type === 'INT96') return 'timestamp';
  if (type === 'BYTE_ARRAY')
    return /^(?:UTF8|ENUM|JSON)$/.test(converted) || /^(?:STRING|ENUM|JSON)$/.test(logical?.type ?? '')
      ? 'string'
      : 'binary';
  if (type === 'FIXED_LEN_BYTE_ARRAY')
    return logical?.type === 'UUID'
      ? 'uuid'
      : logical?.type === 'FLOAT16'
        ? 'float16'
        : `binary(${element.type_length ?? '?'})`;
  return { BOOLEAN: 'bool', FLOAT: 'float32', DOUBLE: 'float64' }[type as string] ?? 'unknown';
}
