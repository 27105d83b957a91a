import { previewRunArtifactRows, type RowPage } from '@bitacora/protocol';
import { buildRun, putArtifact, type TestApp, testApp } from '@bitacora/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvRecords, typeOfTexts } from './csv-shape.ts';

/** What a file with this content shows; all pages of so many rows. */
async function allPages(app: TestApp, path: string, content: string | Buffer, request: object = {}) {
  const run_id = await buildRun(app);
  await putArtifact(app, run_id, path, content);
  const pages: RowPage[] = [];
  let page_token: string | undefined;
  do {
    const page = await app.call(previewRunArtifactRows, { run_id, path, page_token, ...request });
    pages.push(page);
    page_token = page.next_page_token;
  } while (page_token !== undefined && pages.length < 1_000);
  return pages;
}

const rowsOf = (pages: readonly RowPage[]) => pages.flatMap(({ rows }) => rows);
const columnsOf = ({ columns }: RowPage) => columns.map(({ name, type }) => `${name}: ${type}`);

describe('rows of CSV', () => {
  test('come page by page, under the names and with the types that they look like', async () => {
    await using app = await testApp();
    const lines = Array.from({ length: 250 }, (_, at) => `${at},${at / 2},"a ""b"", ${at}",2024-02-29,true`);
    const pages = await allPages(app, 'a.csv', `id,half,text,day,flag\r\n${lines.join('\r\n')}\r\n`);
    expect(pages.map(({ rows, first_row }) => [rows.length, first_row])).toEqual([
      [100, 0],
      [100, 100],
      [50, 200],
    ]);
    for (const page of pages)
      expect(columnsOf(page)).toEqual([
        'id: integer',
        'half: number',
        'text: text',
        'day: date',
        'flag: boolean',
      ]);
    expect(rowsOf(pages)[249]).toEqual(['249', '124.5', 'a "b", 249', '2024-02-29', 'true']);
  });

  test('may have any separator, encoding and no names', async () => {
    await using app = await testApp();
    const content = '1\tñ\n2\t€\n3\tx\n';
    for (const encoded of [Buffer.from(content), Buffer.from(`\ufeff${content}`, 'utf16le')]) {
      const [page] = await allPages(app, 'a.tsv', encoded);
      expect(columnsOf(page!)).toEqual(['column 1: integer', 'column 2: text']);
      expect(page!.rows).toEqual([
        ['1', 'ñ'],
        ['2', '€'],
        ['3', 'x'],
      ]);
    }
    const [latin] = await allPages(app, 'a.csv', Buffer.from('name;v\na\xf1o;1,5\n', 'latin1'));
    expect(latin!.rows).toEqual([['año', '1,5']]);
  });

  test('tell nothing between two separators from an empty text in quotes', async () => {
    await using app = await testApp();
    const [page] = await allPages(app, 'a.csv', 'a,b,c\n,"",null\n"",,"x"\n1,"" ,\n"",x,');
    expect(page!.rows).toEqual([
      [null, '', 'null'],
      ['', null, 'x'],
      ['1', ' ', null],
      ['', 'x', null],
    ]);
    const [single] = await allPages(app, 'b.csv', 'a\n1\n\n""\n2\n');
    expect(single!.rows).toEqual([['1'], [null], [''], ['2']]);
  });

  test('that are ragged keep what they have, and are named', async () => {
    await using app = await testApp();
    const [page] = await allPages(app, 'a.csv', 'a,b\n1,2\n3\n4,5,6\n\n7,8\n');
    expect(page!.rows).toEqual([
      ['1', '2', null],
      ['3', null, null],
      ['4', '5', '6'],
      ['7', '8', null],
    ]);
    expect(page!.columns.map(({ name }) => name)).toEqual(['a', 'b', 'column 3']);
    expect(page!.problems).toEqual([
      'Row 2 has 1 fields where the first line has 2.',
      'Row 3 has 3 fields where the first line has 2.',
    ]);
  });

  test('may be very wide: some columns at a time, and fewer rows', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const header = Array.from({ length: 20_000 }, (_, at) => `c${at}`).join(',');
    const row = Array.from({ length: 20_000 }, (_, at) => at).join(',');
    await putArtifact(app, run_id, 'a.csv', `${header}\n${`${row}\n`.repeat(200)}`);
    const page = await app.call(previewRunArtifactRows, {
      run_id,
      path: 'a.csv',
      first_column: 19_999,
      max_columns: 500,
      max_results: 1_000,
    });
    expect(page).toMatchObject({ column_count: 20_000, columns: [{ name: 'c19999', type: 'integer' }] });
    expect(page.rows.length).toBeLessThanOrEqual(100);
    expect(page.rows[0]).toEqual(['19999']);
  });

  test('with a quote that stays open, or a value without end, are refused by their place', async () => {
    await using app = await testApp();
    const refused = (content: string) => allPages(app, 'a.csv', content).catch((error) => error);
    expect(await refused(`a,b\n1,2\n3,"${'x\n'.repeat(5_000_000)}`)).toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: expect.stringMatching(/^'a\.csv' cannot be shown: the row at byte 8 .* a quote may be open/),
    });
    const [page] = await allPages(app, 'b.csv', `a,b\n${'x'.repeat(500_000)},1\n`);
    expect(String(page!.rows[0]![0])).toMatch(/^x{1000}… \(500000 characters\)$/);
  });

  test('are cut as RFC 4180 says: what is written so is read back, in windows of any size', () => {
    const field = fc
      .array(fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'ñ'))
      .map((parts) => parts.join(''));
    const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 })), fc.nat(), (rows, cut) => {
        const text = rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
        expect([...csvRecords(text, ',', true)].map(({ fields }) => fields)).toEqual(rows);
        // A window that ends anywhere has a beginning of the rows, and says where the next one begins.
        const some = [...csvRecords(text.slice(0, cut % (text.length + 1)), ',', false)];
        const rest = [...csvRecords(text, ',', true, some.at(-1)?.end ?? 0)];
        expect([...some, ...rest].map(({ fields }) => fields)).toEqual(rows);
      }),
    );
  });

  test('have types that take no time to see, whatever they hold', () => {
    const started = performance.now();
    for (const text of [
      '1'.repeat(1_000),
      ' '.repeat(1_000),
      `${'1'.repeat(1_000)}x`,
      `${'1.'.repeat(500)}e`,
    ])
      expect(typeOfTexts(Array.from({ length: 1_000 }, () => text))).toBeTruthy();
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('rows of JSON lines', () => {
  test('have the keys of a page as columns, and whole numbers exactly', async () => {
    await using app = await testApp();
    const lines = [
      '{"a": 9007199254740993, "b": "x"}',
      '{"b": null, "c": [1, {"d": "ñ"}], "__proto__": 1.5}',
      '',
      '{"a": -1}',
      '"a text"',
    ];
    const [page] = await allPages(app, 'a.jsonl', lines.join('\r\n'));
    expect(columnsOf(page!)).toEqual([
      'a: integer',
      'b: text',
      'c: list',
      '__proto__: number',
      'value: text',
    ]);
    expect(page!.rows).toEqual([
      [9007199254740993n, 'x', null, null, null],
      [null, null, '[1, {"d": "ñ"}]', 1.5, null],
      [-1, null, null, null, null],
      [null, null, null, null, 'a text'],
    ]);
    expect(page!.next_page_token).toBeUndefined();
  });

  test('come page by page, and a line that is no JSON is shown and named', async () => {
    await using app = await testApp();
    const lines = Array.from({ length: 25 }, (_, at) => (at === 12 ? '{"i": 12, cut' : `{"i": ${at}}`));
    const pages = await allPages(app, 'a.jsonl', lines.join('\n'), { max_results: 10 });
    expect(pages.map(({ rows }) => rows.length)).toEqual([10, 10, 5]);
    expect(pages[1]!.problems).toEqual([expect.stringMatching(/^Row 13 is no JSON: /)]);
    expect(pages[1]!.rows[2]).toEqual([null, '{"i": 12, cut']);
    expect(pages[2]!.rows.at(-1)).toEqual([24]);
  });

  test('of a million lines are read a page at a time, in small parts', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    await putArtifact(app, run_id, 'a.jsonl', '{"a":1}\n'.repeat(1_000_000));
    const first = await app.call(previewRunArtifactRows, { run_id, path: 'a.jsonl', max_results: 1_000 });
    expect(first.rows).toHaveLength(500);
    // A token may be made by anybody: it leads no further than the file.
    const at = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url');
    const far = await app.call(previewRunArtifactRows, {
      run_id,
      path: 'a.jsonl',
      page_token: at([9, 7_999_992]),
    });
    expect(far).toMatchObject({ rows: [[1]], first_row: 9 });
    for (const page_token of ['x', at([]), at([1, 1e9]), at([1, -1]), at([0.5]), at(['1']), at({})])
      await expect(
        app.call(previewRunArtifactRows, { run_id, path: 'a.jsonl', page_token }),
      ).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  });

  test('that are deep or long are cut', async () => {
    await using app = await testApp();
    const deep = `{"a": ${'['.repeat(2_000)}${']'.repeat(2_000)}}`;
    const long = `{"a": ${JSON.stringify(Array.from({ length: 50_000 }, (_, at) => at))}}`;
    const [page] = await allPages(app, 'a.jsonl', `${deep}\n${long}\n`);
    for (const [cell] of page!.rows) expect(String(cell).length).toBeLessThan(1_100);
  });
});

test('rows of what is no table are refused by naming what it is', async () => {
  await using app = await testApp();
  for (const [content, format] of [
    [Buffer.from([0x80, 4, 0x95, 0]), 'pickle'],
    ['', 'empty'],
  ] as const)
    await expect(allPages(app, 'a.csv', content as Buffer)).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: `'a.csv' cannot be shown: its content is ${format}, and Parquet, CSV, JSON lines or Arrow is expected.`,
    });
});
