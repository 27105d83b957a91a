import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './client.ts';

const uri = process.env.TEST_DATABASE_URI;

describe.runIf(uri?.startsWith('postgresql'))('rows', () => {
  let client: pg.Client;
  beforeAll(async () => {
    client = new Client({ connectionString: String(uri), pipeline: true });
    await client.connect();
  });
  afterAll(() => client.end());

  const values = async (type: string, texts: readonly (string | null)[]) =>
    (
      await client.query(
        `SELECT CAST(v AS ${type}) AS v FROM unnest($1::text[]) WITH ORDINALITY u(v, n) ORDER BY n`,
        [texts],
      )
    ).rows.map(({ v }) => v);

  test.each<[type: string, texts: string[], values: unknown[]]>([
    ['smallint', ['0', '-1', '32767'], [0, -1, 32767]],
    ['integer', ['0', '-2147483648', '2147483647'], [0, -(2 ** 31), 2 ** 31 - 1]],
    [
      'bigint',
      ['0', '-7', '999999999999999', '-999999999999999', '9007199254740991', '-9007199254740991'],
      [0, -7, 999999999999999, -999999999999999, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    ],
    ['bigint', ['9007199254740993', '-9223372036854775808'], [2n ** 53n + 1n, -(2n ** 63n)]],
    [
      'double precision',
      ['0.1', '-1e-308', 'Infinity', 'NaN'],
      [0.1, -1e-308, Number.POSITIVE_INFINITY, Number.NaN],
    ],
    ['real', ['0.5'], [0.5]],
    ['numeric', ['12.5', '3'], [12.5, 3]],
    ['boolean', ['true', 'false'], [1, 0]],
    [
      'text',
      ['', 'a', 'ü🚀', 'a', 'x'.repeat(1000), 'é'.repeat(20)],
      ['', 'a', 'ü🚀', 'a', 'x'.repeat(1000), 'é'.repeat(20)],
    ],
    ['varchar(5)', ['FAILED'], ['FAILE']],
    ['json', ['{"a": 1}'], ['{"a": 1}']],
  ])('of %s are as SQLite gives them', async (type, texts, expected) => {
    expect(await values(type, [...texts, null])).toEqual([...expected, null]);
  });

  test('are whole however they are cut on their way', async () => {
    const { rows } = await client.query(
      `SELECT n, repeat('é', n) AS text, CASE WHEN n % 2 = 0 THEN n END AS even FROM generate_series(1, 3000) n`,
    );
    expect(rows).toHaveLength(3000);
    for (const [index, row] of rows.entries()) {
      const n = index + 1;
      expect(row).toEqual({ n, text: 'é'.repeat(n), even: n % 2 === 0 ? n : null });
    }
  });

  test('of several questions at once come to whoever asked', async () => {
    const asked = [1, 2, 3].map((n) =>
      client.query(`SELECT $1::int AS n, $2::text AS text`, [n, `text ${n}`]),
    );
    const failed = client.query('SELECT 1 / $1::int', [0]);
    const last = client.query('SELECT 4 AS n');
    await expect(failed).rejects.toMatchObject({ code: '22012' });
    expect((await Promise.all(asked)).map(({ rows }) => rows)).toEqual(
      [1, 2, 3].map((n) => [{ n, text: `text ${n}` }]),
    );
    expect((await last).rows).toEqual([{ n: 4 }]);
  });

  test('of a question that fails are none, and its error says who asked', async () => {
    const asked = async () => await client.query('SELECT nothing');
    await expect(asked()).rejects.toMatchObject({
      code: '42703',
      stack: expect.stringContaining('row-query.test'),
    });
  });
});
