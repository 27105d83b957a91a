import type { Int64 } from '@bitacora/protocol';

/** Milliseconds since the epoch as the wire may carry them; 0 and absent both mean that none was given. */
export function toMillis(value: Int64 | string | undefined): number | undefined {
  const millis = Number(value ?? 0);
  return millis === 0 || !Number.isFinite(millis) ? undefined : millis;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const AGES: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 365 * DAY],
  ['mo', 30 * DAY],
  ['d', DAY],
  ['h', HOUR],
  ['min', MINUTE],
];

/** `3 min ago`, `2 d ago`. */
export function ageText(millis: number, now: number): string {
  const age = now - millis;
  if (age < -MINUTE) return absoluteText(millis);
  for (const [unit, ms] of AGES) if (age >= ms) return `${Math.floor(age / ms)} ${unit} ago`;
  return age < 10 * SECOND ? 'just now' : `${Math.floor(age / SECOND)} s ago`;
}

const ABSOLUTE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** A time may be any 64-bit number; beyond the calendar's range the number itself has to do. */
export function absoluteText(millis: number): string {
  return Math.abs(millis) <= 8.64e15 ? ABSOLUTE.format(millis) : `${millis} ms`;
}

/** `4.2 s`, `1 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export function durationText(ms: number): string {
  if (ms < 0) return '–';
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return pair(ms, MINUTE, 'min', SECOND, 's');
  return ms < DAY ? pair(ms, HOUR, 'h', MINUTE, 'min') : pair(ms, DAY, 'd', HOUR, 'h');
}

function pair(ms: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((ms % large) / small);
  const whole = `${Math.floor(ms / large)} ${largeUnit}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallUnit}`;
}
