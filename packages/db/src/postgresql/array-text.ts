import type { SqlValue } from '../sql.ts';

const SPECIAL = /["\\]/g;

/**
 * A list as PostgreSQL reads arrays. The driver writes them too, in four times the time: it takes every number for a text
 * that might need escapes. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function arrayText(values: readonly SqlValue[]): string {
  let text = '{';
  let separator = '';
  for (const value of values) {
    text += separator + elementText(value);
    separator = ',';
  }
  return `${text}}`;
}

function elementText(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return quoted(value);
  return value instanceof Uint8Array ? quoted(`\\x${Buffer.from(value).toString('hex')}`) : String(value);
}

const quoted = (text: string) => `"${isSpecial(text) ? text.replace(SPECIAL, '\\$&') : text}"`;

const isSpecial = (text: string) => text.includes('"') || text.includes('\\');
