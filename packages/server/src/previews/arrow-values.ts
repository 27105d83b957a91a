import { dateText, decimalText, timestampText } from '@bitacora/delta';
import { DataType, TimeUnit, type Vector } from 'apache-arrow';
import { nanosText, timeText } from './parquet-values.ts';

/** Items of a list that are read; a cell shows fewer. */
const MOST_ITEMS = 200;
const MOST_LEVELS = 20;

const NANOS: Readonly<Record<number, bigint>> = {
  [TimeUnit.SECOND]: 1_000_000_000n,
  [TimeUnit.MILLISECOND]: 1_000_000n,
  [TimeUnit.MICROSECOND]: 1_000n,
  [TimeUnit.NANOSECOND]: 1n,
};

/** A value as a page can show it; times keep all their digits, which the library's own reading as milliseconds would not. */
export function arrowValue(vector: Vector, at: number, level = 0): unknown {
  if (level > MOST_LEVELS || at >= vector.length || !vector.isValid(at)) return null;
  const { type } = vector;
  if (DataType.isTimestamp(type)) {
    const nanos = BigInt(rawOf(vector, at)) * (NANOS[type.unit] ?? 1n);
    const zone = type.timezone ? 'Z' : '';
    return type.unit === TimeUnit.NANOSECOND ? nanosText(nanos, zone) : timestampText(nanos / 1000n, zone);
  }
  if (DataType.isDate(type)) return dateText(Math.floor(Number(vector.get(at)) / 86_400_000));
  if (DataType.isTime(type)) return timeText(BigInt(rawOf(vector, at)) * (NANOS[type.unit] ?? 1n));
  if (DataType.isDecimal(type))
    return decimalText(wordsOf(vector.get(at)), Math.min(Math.abs(type.scale), 1_000));
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) return itemsOf(vector.get(at), level);
  if (DataType.isStruct(type)) {
    return new Map(
      type.children.map((field, index) => {
        const child = vector.getChildAt(index);
        return [field.name, child ? arrowValue(child, at, level + 1) : null];
      }),
    );
  }
  if (DataType.isMap(type)) return entriesOf(vector.get(at));
  return plain(vector.get(at), level);
}

/** The number as it is stored. Vectors here are those of one batch, so they have one piece. */
function rawOf(vector: Vector, at: number): number | bigint {
  const values = vector.data[0]?.values as ArrayLike<number | bigint> | undefined;
  return values?.[at] ?? 0;
}

function itemsOf(items: unknown, level: number): unknown {
  const vector = items as Vector;
  const shown = Array.from({ length: Math.min(vector.length, MOST_ITEMS) }, (_, at) =>
    arrowValue(vector, at, level + 1),
  );
  return vector.length > MOST_ITEMS ? [...shown, `… (${vector.length} items)`] : shown;
}

function entriesOf(map: unknown): ReadonlyMap<unknown, unknown> {
  const entries = new Map<unknown, unknown>();
  for (const [key, value] of map as Iterable<[unknown, unknown]>) {
    if (entries.size >= MOST_ITEMS) break;
    entries.set(key, plain(value, 1));
  }
  return entries;
}

/** What the library gives for the rest: numbers, texts, bytes, dictionary values, and rows of nested ones. */
function plain(value: unknown, level: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value))
    return Array.from(value as unknown as ArrayLike<unknown>).slice(0, MOST_ITEMS);
  if ('getChildAt' in value && 'length' in value) return itemsOf(value, level);
  return String(value).slice(0, 2_000);
}

/** Little-endian words of 32 bits, two's complement. */
function wordsOf(value: unknown): bigint {
  const words = value as Uint32Array;
  let number = 0n;
  for (let at = words.length - 1; at >= 0; at--) number = (number << 32n) | BigInt(words[at]! >>> 0);
  return BigInt.asIntN(words.length * 32, number);
}

const MOST_TYPE_CHARACTERS = 200;

/** As Arrow's other libraries name types, which is what people know from pandas and Polars. */
export function arrowType(type: DataType, level = 0): string {
  const text = level > MOST_LEVELS ? '…' : wholeType(type, level);
  return text.length > MOST_TYPE_CHARACTERS ? `${text.slice(0, MOST_TYPE_CHARACTERS)}…` : text;
}

function wholeType(type: DataType, level: number): string {
  const parts = () => type.children.slice(0, 20).map((field) => arrowType(field.type, level + 1));
  if (DataType.isTimestamp(type)) return type.timezone ? `timestamp, ${type.timezone}` : 'timestamp';
  if (DataType.isDecimal(type)) return `decimal(${type.precision}, ${type.scale})`;
  if (DataType.isDictionary(type)) return arrowType(type.dictionary, level + 1);
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) return `list<${parts()}>`;
  if (DataType.isMap(type))
    return `map<${arrowType(type.keyType, level + 1)}, ${arrowType(type.valueType, level + 1)}>`;
  if (DataType.isStruct(type))
    return `struct<${type.children
      .slice(0, 20)
      .map((field) => `${field.name}: ${arrowType(field.type, level + 1)}`)
      .join(', ')}>`;
  if (DataType.isDate(type)) return 'date';
  if (DataType.isTime(type)) return 'time';
  return String(type)
    .toLowerCase()
    .replace(/^(?:large)?utf8(?:view)?$/, 'string')
    .replace(/^(?:large)?binary(?:view)?$/, 'binary');
}
