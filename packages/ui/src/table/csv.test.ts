import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCsv, toCsv } from './csv.ts';

describe('CSV', () => {
  test('what is written reads back the same', () => {
    const rows = fc.array(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), { maxLength: 8 });
    fc.assert(
      fc.property(rows, (table) => {
        // A lone empty field is an empty line, which no reader can tell from none; a leading mark is not data.
        fc.pre(table.every((row) => row.length > 1 || row[0] !== ''));
        fc.pre(!table[0]?.[0]?.startsWith('\ufeff'));
        expect(parseCsv(toCsv(table))).toEqual(table);
      }),
    );
  });

  test.each([
    [
      'a,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r\n1,\r\n',
      [
        ['a', 'b'],
        ['1', ''],
      ],
    ],
    ['"x, y","say ""hi""\nagain"', [['x, y', 'say "hi"\nagain']]],
    ['a,', [['a', '']]],
    ['5" pipe,b', [['5" pipe', 'b']]],
    ['"open', [['open']]],
    ['\ufeffa\n', [['a']]],
  ])('%j', (text, rows) => expect(parseCsv(text)).toEqual(rows));

  test('stops where it is told to', () => expect(parseCsv('a\nb\nc', ',', 2)).toEqual([['a'], ['b']]));
});
