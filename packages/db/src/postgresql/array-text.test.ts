import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { arrayText } from './array-text.ts';

const uri = process.env.TEST_DATABASE_URI;

describe.runIf(uri?.startsWith('postgresql'))('an array as text', () => {
  async function back(type: string, values: Parameters<typeof arrayText>[0]): Promise<unknown> {
    const client = new pg.Client({ connectionString: String(uri) });
    await client.connect();
    const asked = client.query(`SELECT CAST($1 AS ${type}[]) AS list`, [arrayText(values)]);
    return (await asked.finally(() => client.end())).rows[0].list;
  }

  test('comes back as it was', async () => {
    const texts = ['', 'NULL', 'null', ' ', 'a,b', '{}', '"', '\\', '\\"\\', "'", 'ü\n\t🚀', null];
    expect(await back('text', texts)).toEqual(texts);
    expect(await back('text', [])).toEqual([]);
    const doubles = [0.1, -1e-308, 1.7976931348623157e308, 5e-324, Number.POSITIVE_INFINITY, null];
    expect(await back('float8', doubles)).toEqual(doubles);
    expect(await back('bytea', [new Uint8Array([0, 92, 34, 255])])).toEqual([Buffer.from([0, 92, 34, 255])]);
    expect(await back('int8', [1, -(2n ** 63n), null])).toEqual(['1', String(-(2n ** 63n)), null]);
    expect(await back('boolean', [1, 0])).toEqual([true, false]);
  });
});
