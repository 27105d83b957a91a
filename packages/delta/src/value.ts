import type { DeltaType } from './schema.ts';

/**
 * A value of a row.
 *
 * | type | value |
 * |---|---|
 * | long | bigint |
 * | byte, short, integer, float, double | number |
 * | decimal | text with all digits of its scale: `-0.10` |
 * | date | text: `2024-02-29` |
 * | timestamp, timestamp_ntz | text with microseconds: `2024-02-29T23:59:59.000001Z`, without `Z` for `timestamp_ntz` |
 * | binary | bytes |
 * | array | list |
 * | map | list of pairs of key and value |
 * | struct | object without prototype, so that a field may have any name |
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [field: string]: Value };

const DAY_US = 86_400_000_000n;
const DAY_SECONDS = 86_400;

/** `2024-02-29` of days since 1970-01-01. Delta's days reach further than JavaScript's dates. */
export function dateText(days: number): string {
  // The civil calendar from days, in eras of 400 years that begin in March.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${yearText(year)}-${two(month)}-${two(day)}`;
}

/** Days since 1970-01-01; undefined for what is no date. */
export function dateDays(text: string): number | undefined {
  const match = /^([+-]?\d{1,7})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  const days = era * 146_097 + dayOfEra - 719_468;
  // The 31st of a short month is another day.
  return dateText(days).endsWith(`-${two(month)}-${two(day)}`) ? days : undefined;
}

/** `2024-02-29T23:59:59.000001` of microseconds since 1970. */
export function timestampText(micros: bigint, zone: 'Z' | ''): string {
  const days = floorDivide(micros, DAY_US);
  const rest = Number(micros - days * DAY_US);
  const seconds = Math.floor(rest / 1_000_000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':');
  return `${dateText(Number(days))}T${clock}.${String(rest % 1_000_000).padStart(6, '0')}${zone}`;
}

/**
 * Microseconds since 1970 of a time as partition values and statistics write it: with a space or a `T`, with or without
 * parts of a second and zone. Without a zone it counts as UTC.
 */
export function timestampMicros(text: string): bigint | undefined {
  const match =
    /^([+-]?\d{1,7}-\d{1,2}-\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/.exec(
      text,
    );
  const days = match ? dateDays(match[1]!) : undefined;
  if (!match || days === undefined) return undefined;
  const [, , hours = '0', minutes = '0', seconds = '0', part = '', zone = 'Z'] = match;
  const [, sign = '+', east = '00', further = '00'] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  const offset = (sign === '-' ? -1 : 1) * (Number(east) * 3600 + Number(further) * 60);
  const clock = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) - offset;
  return (
    (BigInt(days) * BigInt(DAY_SECONDS) + BigInt(clock)) * 1_000_000n +
    BigInt(part.slice(0, 6).padEnd(6, '0'))
  );
}

/** All digits of an unscaled number with its point set: -10n with scale 2 is `-0.10`. */
export function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The number, times ten to the scale, of its text, also with an exponent; undefined when it has more digits, or is none. */
export function decimalUnscaled(text: string, scale: number): bigint | undefined {
  const match = /^([+-]?)(\d{1,60})(?:\.(\d{0,60}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', part = '', exponent = '0'] = match;
  const shift = scale - part.length + Number(exponent);
  let digits = BigInt(whole + part);
  if (shift >= 0) digits *= 10n ** BigInt(shift);
  else {
    const divisor = 10n ** BigInt(-shift);
    if (digits % divisor !== 0n) return undefined;
    digits /= divisor;
  }
  return sign === '-' ? -digits : digits;
}

/** A value that the log keeps as text, in a partition or a statistic. Undefined for a text that is none of the type. */
export function valueOfText(text: string, type: DeltaType): Value | undefined {
  switch (type.type) {
    case 'string':
      return text;
    case 'long':
      return /^[+-]?\d{1,19}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
    case 'integer':
    case 'short':
    case 'byte':
      return /^[+-]?\d{1,10}$/.test(text) ? Number(text) : undefined;
    case 'float':
    case 'double':
      return numberOfText(text);
    case 'decimal': {
      const unscaled = decimalUnscaled(text, type.scale);
      return unscaled === undefined ? undefined : decimalText(unscaled, type.scale);
    }
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'binary':
      return new TextEncoder().encode(text);
    case 'date': {
      const days = dateDays(text);
      return days === undefined ? undefined : dateText(days);
    }
    case 'timestamp':
    case 'timestamp_ntz': {
      const micros = timestampMicros(text);
      return micros === undefined ? undefined : timestampText(micros, type.type === 'timestamp' ? 'Z' : '');
    }
    case 'void':
      return null;
    default:
      return undefined;
  }
}

function numberOfText(text: string): number | undefined {
  const special = /^([+-]?)(?:inf(?:inity)?)$/i.exec(text);
  if (special) return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(number) ? undefined : number;
}

/** Orders two values of a type as Spark does: texts by code points, NaN above all numbers. */
export function compareValues(a: Value, b: Value, type: DeltaType): number {
  const [x, y] = [sortKey(a, type), sortKey(b, type)];
  if (x instanceof Uint8Array && y instanceof Uint8Array) return Buffer.compare(x, y);
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return x < y ? -1 : x > y ? 1 : 0;
}

function sortKey(value: Value, type: DeltaType): number | bigint | Uint8Array {
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof Uint8Array) return value;
  const text = String(value);
  if (type.type === 'decimal') return decimalUnscaled(text, type.scale) ?? 0n;
  if (type.type === 'date') return dateDays(text) ?? 0;
  if (type.type === 'timestamp' || type.type === 'timestamp_ntz') return timestampMicros(text) ?? 0n;
  return Buffer.from(text);
}

const two = (part: number): string => String(part).padStart(2, '0');

const yearText = (year: number): string =>
  year < 0 ? `-${String(-year).padStart(4, '0')}` : year > 9999 ? `+${year}` : String(year).padStart(4, '0');

export const floorDivide = (a: bigint, b: bigint): bigint => (a % b < 0n ? a / b - 1n : a / b);
