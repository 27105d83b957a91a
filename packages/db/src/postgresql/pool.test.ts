import { describe, expect, test } from 'vitest';
import { parseBackendStoreUri, type ServerStore } from '../uri.ts';
import { openPool } from './pool.ts';

const uri = process.env.TEST_DATABASE_URI;

describe.runIf(uri?.startsWith('postgresql'))('a connection', () => {
  test.each([
    ['', 'lz4'],
    ['?options=-c%20default_toast_compression%3Dpglz', 'pglz'],
  ])('with the options %j has long values compressed by %s', async (options, way) => {
    const address = parseBackendStoreUri(`${uri}${options}`) as ServerStore;
    const pool = openPool(address, { size: 1, overflow: 0, recycle_s: 0 });
    const client = await pool.connect();
    const { rows } = await client.query('SHOW default_toast_compression');
    expect(rows).toEqual([{ default_toast_compression: way }]);
    client.release();
    await pool.end();
  });
});
