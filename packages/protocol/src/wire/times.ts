import type { Int64 } from '../json.ts';
import { type FieldType, invalid } from './field.ts';

/** From the year 1 to the year 9999, in milliseconds: what RFC 3339 can say. */
export const EARLIEST_MS = -62_135_596_800_000;
export const LATEST_MS = 253_402_300_799_999;

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** A point in time: RFC 3339 text on the wire (protobuf's Timestamp), whole milliseconds since the epoch inside. */
export const timestamp = (): FieldType<number, string> => ({
  repeated: false,
  schema: { type: 'string', format: 'date-time' },
  parse(value, path) {
    const ms = typeof value === 'string' ? parseTimestamp(value) : undefined;
    if (ms === undefined) throw invalid(value, path, 'Value must be a time such as 2025-01-31T08:00:00.123Z');
    return ms;
  },
});

/** Whole milliseconds since the epoch; undefined where the text is no time that RFC 3339 can say. */
export function parseTimestamp(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match;
  const whole = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Date takes February 30 for March 2.
  if (Number.isNaN(whole) || new Date(whole).getUTCDate() !== Number(day)) return undefined;
  const [offsetHours = 0, offsetMinutes = 0] = zone === 'Z' ? [] : zone.slice(1).split(':').map(Number);
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * 60_000 * (zone.startsWith('-') ? -1 : 1);
  const ms = whole + Number(fraction.slice(0, 3).padEnd(3, '0')) - offset;
  return ms < EARLIEST_MS || ms > LATEST_MS ? undefined : ms;
}

const DAY_MS = 86_400_000;

/** Protobuf's form: no fraction for whole seconds, else three digits. What RFC 3339 cannot say becomes the nearest it can. */
export function toWireTimestamp(ms: Int64): string {
  const bounded = Math.trunc(Math.min(Math.max(Number(ms), EARLIEST_MS), LATEST_MS));
  const day = Math.floor(bounded / DAY_MS);
  const rest = bounded - day * DAY_MS;
  const fraction = rest % 1000;
  const seconds = (rest - fraction) / 1000;
  const minutes = Math.floor(seconds / 60);
  return `${dayText(day)}${digits(Math.floor(minutes / 60), 2)}:${digits(minutes % 60, 2)}:${digits(seconds % 60, 2)}${
    fraction === 0 ? '' : `.${digits(fraction, 3)}`
  }Z`;
}

const digits = (value: number, count: number) => String(value).padStart(count, '0');

let lastDay = Number.NaN;
let lastText = '';

/** `2025-01-31T`. The times of a page are mostly of one day, and a date takes longer than all else of a time. */
function dayText(day: number): string {
  if (day !== lastDay) {
    // A year before 1000 has four digits in RFC 3339 and in JavaScript alike.
    lastText = new Date(day * DAY_MS).toISOString().slice(0, 11);
    lastDay = day;
  }
  return lastText;
}

/** Protobuf's bound of a Duration, about 10,000 years. */
const MOST_SECONDS = 315_576_000_000;

/** A length of time: seconds as text with an `s` on the wire (protobuf's Duration), whole milliseconds inside. */
export const duration = (): FieldType<number, string> => ({
  repeated: false,
  schema: { type: 'string', examples: ['1.500s'] },
  parse(value, path) {
    const match = typeof value === 'string' ? /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(value) : null;
    const seconds = Number(match?.[2]);
    if (!match || seconds > MOST_SECONDS)
      throw invalid(value, path, 'Value must be seconds such as "1.500s"');
    const ms = seconds * 1000 + Number((match[3] ?? '').slice(0, 3).padEnd(3, '0'));
    return match[1] === '-' ? 0 - ms : ms;
  },
});

export function toWireDuration(ms: Int64): string {
  const bounded = Math.min(Math.max(Number(ms), -MOST_SECONDS * 1000), MOST_SECONDS * 1000);
  const magnitude = Math.abs(bounded);
  const fraction = magnitude % 1000;
  const text = `${Math.floor(magnitude / 1000)}${fraction === 0 ? '' : `.${String(fraction).padStart(3, '0')}`}s`;
  return bounded < 0 ? `-${text}` : text;
}
