import pg from 'pg';
import { describe, expect, test } from 'vitest';
import type { SqlValue } from '../sql.ts';
import { arrayBytes } from './array-bytes.ts';
import { arrayText } from './array-text.ts';

const uri = process.env.TEST_DATABASE_URI;

const LISTS: readonly (readonly [type: string, values: readonly SqlValue[]])[] = [
  [
    'text',
    ['', 'NULL', 'a,b', '"', '\\', '\\"\\', "'", 'ü\n\t🚀', null, 'x'.repeat(100), '🚀'.repeat(50), '\ud800'],
  ],
  ['character varying', ['short', null, 'é'.repeat(41), '7bit'.repeat(30)]],
  ['text', []],
  ['bigint', []],
  ['bigint', [0, -1, 1, -(2 ** 32), 2 ** 32 - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, null]],
  ['bigint', [2n ** 63n - 1n, -(2n ** 63n), 0n]],
  ['integer', [0, -1, 2 ** 31 - 1, -(2 ** 31), null]],
  ['double precision', [0.1, -0, -1e-308, 1.7976931348623157e308, 5e-324, 3, null]],
  ['double precision', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]],
  ['boolean', [1, 0, null]],
];

describe.runIf(uri?.startsWith('postgresql'))('an array as bytes', () => {
  test.each(LISTS)('is the list that its text is: %s %#', async (type, values) => {
    const client = new pg.Client({ connectionString: String(uri) });
    await client.connect();
    try {
      const { rows } = await client.query(
        `SELECT a = b AS same, CAST(a AS text) AS bytes, CAST(b AS text) AS text
           FROM (SELECT CAST($1 AS ${type}[]) AS a, CAST($2 AS ${type}[]) AS b) lists`,
        [arrayBytes(type, values), arrayText(values)],
      );
      expect(rows[0].bytes).toBe(rows[0].text);
      expect(rows[0].same).toBe(true);
    } finally {
      await client.end();
    }
  });
});

describe('an array as bytes', () => {
  test.each<readonly [type: string, value: SqlValue]>([
    ['integer', 2 ** 31],
    ['integer', 0.5],
    ['integer', '1'],
    ['bigint', 2 ** 63],
    ['bigint', 2n ** 63n],
    ['bigint', 0.5],
    ['boolean', 2],
    ['double precision', '1'],
    ['text', 1],
    ['json', '{}'],
    ['bytea', new Uint8Array([1])],
  ])('is left to its text where %s has no value %s', (type, value) => {
    expect(arrayBytes(type, [value])).toBeUndefined();
  });
});
