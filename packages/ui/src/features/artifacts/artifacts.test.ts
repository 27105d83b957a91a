import { describe, expect, test } from 'vitest';
import { inOrder, parentsOf } from './paths.ts';
import { joinPages } from './row-pages.ts';
import { joinParts } from './text-parts.ts';
import { hasThumbnail, imageType, looksLikeImage } from './viewer-kind.ts';

test('a name says whether a picture is to be expected, and a format what its type is', () => {
  expect(['a/plot.PNG', 'x.svg', 'x.tif', 'model/MLmodel', 'x.csv', 'png'].map(looksLikeImage)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(hasThumbnail('x.svg')).toBe(false);
  expect(imageType('svg')).toBe('image/svg+xml');
  expect(imageType('jpeg')).toBe('image/jpeg');
});

describe('parts of a text', () => {
  const part = (lines: string[], begins_within_line = false, ends_within_line = false) => ({
    lines,
    begins_within_line,
    ends_within_line,
  });

  test('are put together where a line was cut', () => {
    expect(joinParts([part(['a', 'b'], false, true), part(['c', 'd'], true)], 0)).toEqual({
      lines: ['a', 'bc', 'd'],
      anchor: 0,
    });
  });

  test('say which line is the first of a part', () => {
    expect(joinParts([part(['a', 'b']), part(['c'])], 1)).toEqual({ lines: ['a', 'b', 'c'], anchor: 2 });
    expect(joinParts([part(['a'], false, true), part(['b'], true)], 1)).toEqual({ lines: ['ab'], anchor: 0 });
  });
});

describe('pages of rows', () => {
  test('of one kind keep their columns by place, also when two have the same name', () => {
    const columns = [
      { name: 'a', type: 'text' },
      { name: 'a', type: 'text' },
    ];
    expect(
      joinPages([
        { format: 'csv', columns, rows: [['1', '2']] },
        {
          format: 'csv',
          columns,
          rows: [
            [null, true],
            ['', null],
          ],
        },
      ]),
    ).toEqual({
      columns,
      rows: [
        ['1', '2'],
        [null, 'true'],
        ['', null],
      ],
    });
  });

  test('of JSON lines have all keys of all pages', () => {
    const joined = joinPages([
      { format: 'jsonl', columns: [{ name: 'a', type: 'integer' }], rows: [[9007199254740993n]] },
      {
        format: 'jsonl',
        columns: [
          { name: 'b', type: 'text' },
          { name: 'a', type: 'text' },
        ],
        rows: [['x', 'y']],
      },
    ]);
    expect(joined).toEqual({
      columns: [
        { name: 'a', type: 'mixed' },
        { name: 'b', type: 'text' },
      ],
      rows: [
        ['9007199254740993', null],
        ['y', 'x'],
      ],
    });
  });
});

test('folders come first, then names as people count', () => {
  const file = (path: string, is_dir = false) => ({ path, is_dir });
  expect(inOrder([file('b10'), file('b2'), file('z', true)]).map(({ path }) => path)).toEqual([
    'z',
    'b2',
    'b10',
  ]);
});

test('a path lies in each of its folders', () => {
  expect(parentsOf('a/b/c.txt')).toEqual(['a', 'a/b']);
  expect(parentsOf('c.txt')).toEqual([]);
});
