import type { Int64 } from '../json.ts';
import { type FieldType, invalid } from './field.ts';

/** Text. A lone surrogate is refused: it has no UTF-8 form, so no database could give it back unchanged. */
export const string = (): FieldType<string> => ({
  repeated: false,
  schema: { type: 'string' },
  parse(value, path) {
    if (typeof value !== 'string') throw invalid(value, path, 'Value must be a string');
    if (!value.isWellFormed())
      throw invalid(value, path, 'Text must be valid Unicode, without lone surrogates');
    return value;
  },
});

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const INTEGER_TEXT = /^[+-]?\d{1,40}(?:\.0{1,40})?$/;

/** A 64-bit integer, given as number, integral float or numeric text. */
export const int64 = (): FieldType<Int64, Int64 | string> => ({
  repeated: false,
  schema: { type: 'integer', format: 'int64' },
  parse(value, path) {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value + 0;
    const exact = toBigInt(value);
    if (exact === undefined) throw invalid(value, path, 'Value must be an integer');
    if (exact > INT64_MAX || exact < INT64_MIN) throw invalid(value, path, 'Value must fit in 64 bits');
    return narrow(exact);
  },
});

/** A 32-bit integer between `min` and `max`, both included. */
export const int32 = (min = -(2 ** 31), max = 2 ** 31 - 1): FieldType<number, number | string> => ({
  repeated: false,
  schema: { type: 'integer', format: 'int32', minimum: min, maximum: max },
  parse(value, path) {
    const exact = typeof value === 'number' && Number.isSafeInteger(value) ? value : toBigInt(value);
    if (exact === undefined) throw invalid(value, path, 'Value must be an integer');
    if (exact < min) throw invalid(value, path, `must be at least ${min}`);
    if (exact > max) throw invalid(value, path, `must be at most ${max}`);
    return Number(exact);
  },
});

function toBigInt(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== 'string' || !INTEGER_TEXT.test(value)) return undefined;
  const whole = value.split('.')[0] ?? '';
  return BigInt(whole.startsWith('+') ? whole.slice(1) : whole);
}

/** The `number` of an exact integer where one exists, else the `bigint` itself. */
export function narrow(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export type Double = number | 'NaN' | 'Infinity' | '-Infinity';

const DOUBLE_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,5})?$/;
const NON_FINITE: Readonly<Record<string, number>> = {
  __proto__: null as never,
  NaN: Number.NaN,
  nan: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/**
 * A double: a number, numeric text, a boolean (MLflow takes them as 1 and 0), or the words `NaN`, `Infinity`,
 * `-Infinity`. A number too large for a double is refused rather than rounded to infinity.
 */
export const double = (): FieldType<number, Double> => ({
  repeated: false,
  schema: {
    oneOf: [
      { type: 'number', format: 'double' },
      { type: 'string', enum: ['NaN', 'Infinity', '-Infinity'] },
    ],
  },
  parse(value, path) {
    if (typeof value === 'number') {
      if (Number.isFinite(value)) return value;
      throw invalid(value, path, 'Value must fit in a double; infinity is written "Infinity"');
    }
    if (typeof value === 'bigint') return Number(value);
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'string') {
      const special = NON_FINITE[value];
      if (special !== undefined) return special;
      if (value.length <= 400 && DOUBLE_TEXT.test(value)) {
        const number = Number(value);
        if (Number.isFinite(number)) return number;
      }
    }
    throw invalid(value, path, 'Value must be a number, "NaN", "Infinity" or "-Infinity"');
  },
});

/** A double as it is written: JSON has no NaN and no infinities, protobuf's mapping writes them as words. */
export function toWireDouble(value: number): Double {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

/** A boolean; text in any case, because query strings carry Python's `True`. */
export const bool = (): FieldType<boolean> => ({
  repeated: false,
  schema: { type: 'boolean' },
  parse(value, path) {
    if (typeof value === 'boolean') return value;
    const word = typeof value === 'string' ? value.toLowerCase() : undefined;
    if (word === 'true') return true;
    if (word === 'false') return false;
    throw invalid(value, path, 'Value must be true or false');
  },
});

/**
 * An enum by name or number. A name that is not known leaves the field unset, as protobuf's tolerant reader does, so
 * that a newer client's word does not fail the whole request; a number that is not known is refused, as there. 0 is what
 * protobuf calls unspecified.
 */
export function enumOf<const Names extends Readonly<Record<string, number>>>(
  names: Names,
): FieldType<(keyof Names & string) | undefined, keyof Names & string> {
  type Name = keyof Names & string;
  const byNumber = new Map(Object.entries(names).map(([name, number]) => [number, name as Name]));
  const byName = new Map(Object.keys(names).map((name) => [name, name as Name]));
  return {
    repeated: false,
    schema: { type: 'string', enum: Object.keys(names) },
    parse(value, path) {
      if (typeof value === 'string' && !INTEGER_TEXT.test(value)) return byName.get(value);
      if (typeof value === 'number' || typeof value === 'string') {
        const found = byNumber.get(Number(value));
        if (found !== undefined || Number(value) === 0) return found;
      }
      throw invalid(value, path, `Value must be one of ${[...byName.keys()].join(', ')}`);
    },
  };
}
