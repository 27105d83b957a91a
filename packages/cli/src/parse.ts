import { InvalidArgumentError } from 'commander';

const TRUE = new Set(['true', '1', 'yes', 'on']);
const FALSE = new Set(['false', '0', 'no', 'off']);

/** An option that is on or off, as MLflow reads its environment variables. */
export function parseBoolean(text: string): boolean {
  if (TRUE.has(text.toLowerCase())) return true;
  if (FALSE.has(text.toLowerCase())) return false;
  throw new InvalidArgumentError(`'${text}' is neither true nor false.`);
}

export function parseCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError(`'${text}' is not a whole number from 0 up.`);
  return Number(text);
}

export const parseList = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
