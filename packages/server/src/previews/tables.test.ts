import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { previewRunArtifact, previewRunArtifactRows, type RowPage } from '@bitacora/protocol';
import { buildRun, putArtifact, type TestApp, testApp } from '@bitacora/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unpackLz4Frame } from './lz4-frame.ts';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name));

let app: TestApp;
let run_id: string;
beforeAll(async () => {
  app = await testApp();
  run_id = await buildRun(app);
});
afterAll(() => app[Symbol.asyncDispose]());

async function allPages(name: string, content: Buffer, request: object = {}) {
  await putArtifact(app, run_id, name, content);
  const pages: RowPage[] = [];
  let page_token: string | undefined;
  do {
    const page = await app.call(previewRunArtifactRows, { run_id, path: name, page_token, ...request });
    pages.push(page);
    page_token = page.next_page_token;
  } while (page_token !== undefined && pages.length < 1_000);
  return pages;
}

const rowsOf = (pages: readonly RowPage[]) => pages.flatMap(({ rows }) => rows);

/** The row with this number of the table that `fixtures/make.py` writes, in each of its formats. */
const expectedRow = (at: number) => [
  2n ** 53n + 1n + BigInt(at) <= BigInt(Number.MAX_SAFE_INTEGER) ? 0 : 2n ** 53n + 1n + BigInt(at),
  2n ** 64n - 1n - BigInt(at),
  at % 7 === 0 ? 'NaN' : at / 3,
  at % 5 === 0 ? null : `náme ${at}`,
  at % 2 === 0 ? 'a' : 'b',
  `2023-11-14T22:13:20.1234567${89 + at}Z`
    .replace('1234567100', '123456800')
    .replace(/12345671(\d\d)Z/, '1234568$1Z'),
  `2023-11-14T22:13:20.123${456 + at}`,
  '2024-02-29',
  '-12.30',
  at % 3 === 0 ? '[]' : `[${at}, null, ${at + 1}]`,
  `{"a": ${at}, "__proto__": {"c": "z"}}`,
  `{"k": ${at}}`,
  `0x${'00ff'.repeat(at % 3)}`,
  at % 2 === 0,
  `00:00:01.0000${String(at + 1).padStart(2, '0')}`,
];

const FORMATS = [
  ...['snappy', 'gzip', 'zstd', 'lz4', 'brotli', 'none'].map((codec) => `table-${codec}.parquet`),
  ...['lz4', 'zstd', 'uncompressed'].map((codec) => `table-${codec}.feather`),
  'table.arrows',
];

describe('rows of a table that pyarrow wrote', () => {
  test.each(FORMATS)('%s come exactly as they were written', async (name) => {
    for (const max_results of [100, 4]) {
      const pages = await allPages(name, fixture(name), { max_results });
      expect(rowsOf(pages)).toEqual(Array.from({ length: 25 }, (_, at) => expectedRow(at)));
      // A page holds rows of one row group, or batch.
      for (const page of pages) expect(page.rows.length).toBeLessThanOrEqual(10);
    }
  });

  test.each(FORMATS)('%s have the types that the file declares', async (name) => {
    const [page] = await allPages(name, fixture(name), { max_results: 1 });
    expect(Object.fromEntries(page!.columns.map(({ name, type }) => [name, type]))).toMatchObject({
      id: 'int64',
      unsigned: 'uint64',
      x: expect.stringMatching(/^float64$/),
      name: 'string',
      kind: 'string',
      nanos: 'timestamp, UTC',
      local: 'timestamp',
      day: 'date',
      price: 'decimal(10, 2)',
      list: 'list<int64>',
      map: 'map<string, int64>',
      bytes: 'binary',
      flag: 'bool',
      time: 'time',
    });
    expect(page!.column_count).toBe(15);
  });

  test.each(FORMATS)('%s are given for the columns asked for', async (name) => {
    const [page] = await allPages(name, fixture(name), { first_column: 3, max_columns: 2 });
    expect(page!.columns.map(({ name }) => name)).toEqual(['name', 'kind']);
    expect(page!.rows[1]).toEqual(['náme 1', 'b']);
    const [none] = await allPages(name, fixture(name), { first_column: 15 });
    expect(none).toMatchObject({ columns: [], column_count: 15 });
  });

  test('may be none', async () => {
    const [page] = await allPages('empty.parquet', fixture('empty.parquet'));
    expect(page).toMatchObject({ rows: [], row_count: 0, column_count: 15 });
    expect(page!.next_page_token).toBeUndefined();
  });

  test('count where the file says how many there are', async () => {
    const [page] = await allPages('t', fixture('table-snappy.parquet'), { max_results: 1 });
    expect(page).toMatchObject({ row_count: 25, first_row: 0 });
  });

  test('may be views of text, as Polars writes them', async () => {
    expect(rowsOf(await allPages('views', fixture('views.feather')))).toEqual([
      ['short'],
      ['a longer text than twelve bytes'],
      [null],
    ]);
  });

  test('may be packed in blocks that refer to one another', async () => {
    const rows = rowsOf(await allPages('linked', fixture('linked-lz4.feather'), { max_results: 1_000 }));
    expect(rows).toEqual(Array.from({ length: 4_000 }, (_, at) => [`word${at % 50}`.repeat(8)]));
  });
});

describe('a table that is broken', () => {
  test.each(['table-snappy.parquet', 'table-lz4.feather', 'table.arrows'])(
    '%s, cut anywhere, is refused by its name, or shows what is left of it',
    async (name) => {
      const whole = fixture(name);
      for (let length = 1; length < whole.length; length += Math.ceil(whole.length / 40)) {
        const outcome = await allPages('cut', whole.subarray(0, length)).then(
          (pages) => ({ rows: rowsOf(pages) }),
          (error) => ({ error }),
        );
        if ('error' in outcome)
          expect(outcome.error).toMatchObject({
            errorCode: 'INVALID_PARAMETER_VALUE',
            message: expect.stringContaining("'cut' cannot be shown: "),
          });
        else if (name !== 'table-snappy.parquet')
          expect(outcome.rows).toEqual(
            Array.from({ length: outcome.rows.length }, (_, at) => expectedRow(at)),
          );
      }
    },
  );

  test.each([
    'table-snappy.parquet',
    'table-zstd.parquet',
    'table-lz4.feather',
    'table-uncompressed.feather',
    'table.arrows',
  ])(
    '%s, changed anywhere, is shown or refused, and never a defect',
    async (name) => {
      const whole = fixture(name);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
          async (changes) => {
            const changed = Buffer.from(whole);
            for (const [at, byte] of changes) changed[at] = byte;
            await putArtifact(app, run_id, 'changed', changed);
            await app
              .call(previewRunArtifactRows, { run_id, path: 'changed', max_results: 5 })
              .catch((error) => expect(error).toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' }));
          },
        ),
        { numRuns: 30 },
      );
      // Some changes make it ask for more memory than there may be, which takes seconds each time.
    },
    120_000,
  );

  test('that unpacks to far more than it has is refused', async () => {
    const bomb = fixture('bomb.parquet');
    expect(bomb.length).toBeLessThan(100_000);
    await expect(allPages('bomb', bomb)).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: expect.stringMatching(
        /^'bomb' cannot be shown: A page claims \d+ bytes unpacked; at most \d+ are read/,
      ),
    });
  });

  test('that would keep a thread busy for ever, or fill all memory, takes no other read with it', async () => {
    const endless = endlessParquet();
    await putArtifact(app, run_id, 'endless', endless);
    expect(await app.call(previewRunArtifact, { run_id, path: 'endless' })).toMatchObject({
      format: 'parquet',
    });
    await expect(app.call(previewRunArtifactRows, { run_id, path: 'endless' })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining('more time or memory than a preview may'),
    });
    expect(rowsOf(await allPages('t', fixture('table-snappy.parquet')))).toHaveLength(25);
  }, 120_000);
});

/** Definition levels whose only run claims two thousand million values: the file is a few hundred bytes. */
function endlessParquet(): Buffer {
  const whole = fixture('table-none.parquet');
  const changed = Buffer.from(whole);
  // The first page of `id`: its levels are the run `14 01`, ten times the level 1, after four bytes of their length.
  const levels = changed.indexOf(Buffer.from([2, 0, 0, 0, 20, 1]));
  if (levels < 0) throw new Error('the levels are not where they were');
  Buffer.from([6, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1]).copy(changed, levels);
  return changed;
}

describe('LZ4 frames', () => {
  test('that are no frames are refused, without end or memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const framed = Buffer.concat([Buffer.from([4, 34, 77, 24, 0x40, 0x40, 0]), bytes]);
        try {
          expect(unpackLz4Frame(framed, 10_000).length).toBeLessThanOrEqual(10_000);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
    // A match of one byte that repeats itself a million times.
    const bomb = [0x1f, 0x41, 1, 0, ...Array.from({ length: 4_000 }, () => 255), 0];
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bomb.length);
    const frame = Buffer.concat([
      Buffer.from([4, 34, 77, 24, 0x40, 0x40, 0]),
      length,
      Buffer.from(bomb),
      Buffer.alloc(4),
    ]);
    expect(() => unpackLz4Frame(frame, 10_000)).toThrow('more than 10000 bytes');
    expect(Buffer.from(unpackLz4Frame(frame, 2_000_000)).equals(Buffer.alloc(1_020_020, 'A'))).toBe(true);
  });
});
