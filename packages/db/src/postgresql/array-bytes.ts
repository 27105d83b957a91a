import type { SqlValue } from '../sql.ts';

/** An element type whose values all have the same length. */
interface Fixed {
  /** PostgreSQL's number of the type, the same in every database. */
  readonly oid: number;
  readonly bytes: number;
  /** @returns false for a value that the type does not have. */
  put(into: Buffer, at: number, value: SqlValue): boolean;
}

const BOOLEAN: Fixed = {
  oid: 16,
  bytes: 1,
  put(into, at, value) {
    if (value !== 0 && value !== 1) return false;
    into[at] = value;
    return true;
  },
};

const INTEGER: Fixed = {
  oid: 23,
  bytes: 4,
  put(into, at, value) {
    if (typeof value !== 'number' || (value | 0) !== value) return false;
    into.writeInt32BE(value, at);
    return true;
  },
};

const BIGINT: Fixed = {
  oid: 20,
  bytes: 8,
  put(into, at, value) {
    if (typeof value === 'bigint') {
      if (BigInt.asIntN(64, value) !== value) return false;
      into.writeBigInt64BE(value, at);
      return true;
    }
    if (!Number.isSafeInteger(value)) return false;
    const number = value as number;
    const high = Math.floor(number / 2 ** 32);
    into.writeInt32BE(high, at);
    into.writeUInt32BE(number - high * 2 ** 32, at + 4);
    return true;
  },
};

const DOUBLE: Fixed = {
  oid: 701,
  bytes: 8,
  put(into, at, value) {
    if (typeof value !== 'number') return false;
    // As text, too, zero has no sign.
    into.writeDoubleBE(value + 0, at);
    return true;
  },
};

const FIXED: ReadonlyMap<string, Fixed> = new Map([
  ['boolean', BOOLEAN],
  ['integer', INTEGER],
  ['bigint', BIGINT],
  ['double precision', DOUBLE],
]);

const TEXTS: ReadonlyMap<string, number> = new Map([
  ['text', 25],
  ['character varying', 1043],
]);

/**
 * A list in the form in which PostgreSQL sends and takes arrays by itself: numbers are not spelled out and read again, and
 * texts need no escapes. JSON, which is full of quotes, takes it a quarter of the time that `arrayText` does.
 * https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES
 *
 * @param type of the elements, as `format_type` names it.
 * @returns undefined for other types, and for values that are not of theirs: what these mean, the engine says of their text.
 */
export function arrayBytes(type: string, values: readonly SqlValue[]): Buffer | undefined {
  const fixed = FIXED.get(type);
  if (fixed) return fixedBytes(fixed, values);
  const oid = TEXTS.get(type);
  return oid === undefined ? undefined : textBytes(oid, values);
}

/** One dimension, counted from 1. */
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;

function putHeader(into: Buffer, oid: number, values: readonly SqlValue[]): void {
  into.writeInt32BE(1, 0);
  into.writeInt32BE(values.includes(null) ? 1 : 0, 4);
  into.writeInt32BE(oid, 8);
  into.writeInt32BE(values.length, 12);
  into.writeInt32BE(1, 16);
}

const NULL_LENGTH = -1;

function fixedBytes({ oid, bytes, put }: Fixed, values: readonly SqlValue[]): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + values.length * (LENGTH_BYTES + bytes));
  putHeader(buffer, oid, values);
  let at = HEADER_BYTES;
  for (const value of values) {
    const length = value === null ? NULL_LENGTH : bytes;
    at = buffer.writeInt32BE(length, at);
    if (value === null) continue;
    if (!put(buffer, at, value)) return undefined;
    at += bytes;
  }
  return buffer.subarray(0, at);
}

function textBytes(oid: number, values: readonly SqlValue[]): Buffer | undefined {
  let total = HEADER_BYTES;
  for (const value of values) {
    if (value !== null && typeof value !== 'string') return undefined;
    // In UTF-8 no unit of a string takes more than three.
    total +=
      LENGTH_BYTES +
      (value === null ? 0 : value.length <= SHORT ? value.length * 3 : Buffer.byteLength(value));
  }
  const buffer = Buffer.allocUnsafe(total);
  putHeader(buffer, oid, values);
  let at = HEADER_BYTES;
  let before: string | null = null;
  let length = NULL_LENGTH;
  for (const value of values as readonly (string | null)[]) {
    const start = at + LENGTH_BYTES;
    if (value === null) length = NULL_LENGTH;
    // All points of a batch are of one run: what was just written stands right before.
    else if (value === before) buffer.copyWithin(start, at - length, at);
    else length = putText(buffer, start, value);
    before = value;
    buffer.writeInt32BE(length, at);
    at = start + Math.max(length, 0);
  }
  return buffer.subarray(0, at);
}

/** Up to so many characters are sooner written one by one, where they are ASCII, than by a call out of JavaScript. */
const SHORT = 12;

/** @returns how many bytes were written. */
function putText(into: Buffer, at: number, text: string): number {
  if (text.length > SHORT) return into.write(text, at);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 127) return into.write(text, at);
    into[at + index] = code;
  }
  return text.length;
}
