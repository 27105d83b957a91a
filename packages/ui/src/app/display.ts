import type { Double } from '@bitacora/protocol';

/** A 64-bit integer as the wire's types have it. */
type Int64 = number | bigint | string;

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const ABSOLUTE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** `5 min. ago` for a time in milliseconds. */
export function age(timeMs: Int64 | undefined, nowMs = Date.now()): string {
  if (!timeMs) return '';
  const seconds = Math.round((Number(timeMs) - nowMs) / 1000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return RELATIVE.format(Math.round(seconds / size), unit);
}

export const moment = (timeMs: Int64 | undefined): string =>
  timeMs ? ABSOLUTE.format(new Date(Number(timeMs))) : '';

/** `1 h 5 min` for a length in milliseconds. */
export function duration(lengthMs: number): string {
  if (lengthMs < 1000) return `${Math.max(0, Math.round(lengthMs))} ms`;
  const seconds = Math.round(lengthMs / 1000);
  if (seconds < 60) return `${(lengthMs / 1000).toFixed(1)} s`;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** What the server stores for an infinity: the largest double. */
const STORED_INFINITY = Number.MAX_VALUE;

/** A metric for reading: five significant digits; NaN and infinities as such. */
export function metricText(value: Double | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value.replace('Infinity', '∞');
  if (Math.abs(value) === STORED_INFINITY) return value > 0 ? '∞' : '-∞';
  if (Number.isInteger(value) && Math.abs(value) < 1e12) return String(value);
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-4 ? value.toExponential(4) : String(Number(value.toPrecision(5)));
}

export function bytes(size: Int64 | undefined): string {
  if (size === undefined) return '';
  let value = Number(size);
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (value < 1000) return `${unit === 'B' ? value : value.toFixed(1)} ${unit}`;
    value /= 1000;
  }
  return `${value.toFixed(1)} TB`;
}
