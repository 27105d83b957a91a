import type { Double } from '@bitacora/protocol';

/** MLflow stores infinities as the largest double and gives that back. */
const LARGEST = Number.MAX_VALUE;

export const toNumber = (value: Double): number => (typeof value === 'number' ? value : Number(value));

/** The number as a chart draws it: infinities and NaN leave a gap. */
export function toPoint(value: Double): number | null {
  const number = toNumber(value);
  return Number.isFinite(number) && Math.abs(number) < LARGEST ? number : null;
}

export interface NumberText {
  readonly text: string;
  /** Every digit, or what a sign stands for. */
  readonly title: string;
}

/** A metric for people: six digits, and words where JSON or the store has none. */
export function metricText(value: Double): NumberText {
  const number = toNumber(value);
  if (Number.isNaN(number)) return { text: 'NaN', title: 'Not a number' };
  if (Math.abs(number) >= LARGEST) {
    const sign = number < 0 ? '−' : '';
    return {
      text: `${sign}∞`,
      title: `${sign}Infinity. MLflow stores infinity as ${sign}1.797e308, the largest number there is.`,
    };
  }
  return { text: shortNumber(number), title: String(number) };
}

const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (Number.isInteger(value) && size < 1e15) return size < 10_000 ? String(value) : GROUPED.format(value);
  if (size >= 1e7 || size < 1e-4) return trimZeros(value.toExponential(4));
  return trimZeros(value.toPrecision(6));
}

const trimZeros = (text: string): string =>
  text.includes('.') ? text.replace(/\.?0+(?=e|$)/, '').replace('e+', 'e') : text.replace('e+', 'e');

export const countText = (count: number): string => GROUPED.format(count);

/** `1 run`, `2,000 runs`. */
export const plural = (count: number, thing: string, things = `${thing}s`): string =>
  `${countText(count)} ${count === 1 ? thing : things}`;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

export function bytesText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? size : size.toPrecision(3)} ${UNITS[unit]}`;
}
