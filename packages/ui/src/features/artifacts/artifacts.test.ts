import { describe, expect, test } from 'vitest';
import { looksLikeText } from './file-bytes.ts';
import { inOrder, parentsOf } from './paths.ts';
import { viewerKind } from './viewer-kind.ts';

describe('how a file is shown', () => {
  test.each([
    ['a/plot.PNG', 'image'],
    ['model/MLmodel', 'text'],
    ['x.csv', 'table'],
    ['a.b/metrics.json', 'json'],
    ['report.html', 'text'],
    ['weights.bin', 'unknown'],
    ['noextension', 'unknown'],
  ])('%s as %s', (path, kind) => expect(viewerKind(path)).toBe(kind));

  test('bytes are text without NUL and with whole characters, the last one apart', () => {
    const encoded = new TextEncoder().encode('añb');
    expect(looksLikeText(encoded)).toBe(true);
    expect(looksLikeText(encoded.subarray(0, 2))).toBe(true);
    expect(looksLikeText(Uint8Array.of(65, 0, 66))).toBe(false);
    expect(looksLikeText(Uint8Array.of(0xff, 0xfe, 65))).toBe(false);
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
