import { narrow } from '@bitacora/protocol';
import pg from 'pg';
import type { KnownTexts } from './known-texts.ts';

/** Reads the value that stands in the engine's text form from `start` to `end`. */
export type ReadValue = (bytes: Buffer, start: number, end: number, known: KnownTexts) => unknown;

const text: ReadValue = (bytes, start, end, known) => known.at(bytes, start, end);

const boolean: ReadValue = (bytes, start) => (bytes[start] === TRUE ? 1 : 0);

const float: ReadValue = (bytes, start, end) => Number(bytes.toString('latin1', start, end));

/** Up to fifteen digits every whole number is exact. */
const EXACT_DIGITS = 15;

const integer: ReadValue = (bytes, start, end) => {
  const isNegative = bytes[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  if (end - first > EXACT_DIGITS) return narrow(BigInt(bytes.toString('latin1', start, end)));
  let value = 0;
  for (let at = first; at < end; at++) value = value * 10 + (bytes[at] as number) - ZERO;
  return isNegative ? -value : value;
};

const TRUE = 't'.charCodeAt(0);
const MINUS = '-'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);

/** By PostgreSQL's numbers of types, which are the same in every database. */
const READERS: ReadonlyMap<number, ReadValue> = new Map([
  [16, boolean],
  [20, integer],
  [21, integer],
  [23, integer],
  [25, text],
  [114, text],
  [700, float],
  [701, float],
  [1043, text],
  [1700, float],
]);

/** How values of a type come, so that rows are as SQLite gives them: exact integers, booleans as 1 and 0, JSON as text. */
export const readerOf = (type: number): ReadValue =>
  READERS.get(type) ?? asDriver(pg.types.getTypeParser(type, 'text'));

const asDriver =
  (parse: (value: string) => unknown): ReadValue =>
  (bytes, start, end) =>
    parse(bytes.toString('utf8', start, end));
