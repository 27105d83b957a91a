import { describe, expect, test } from 'vitest';
import { alongAxis, drawnTable } from './series.ts';

const points = [
  { step: 2, timestamp: 3_000, value: 5 },
  { step: 1, timestamp: 1_000, value: 1 },
  { step: 1, timestamp: 2_000, value: 2 },
];

describe('points along an axis', () => {
  test('come in order, and the last of a step counts', () => {
    expect(alongAxis(points, 'step')).toEqual({ xs: [1, 2], ys: [2, 5] });
  });

  test('of relative time begin at 0 s', () => expect(alongAxis(points, 'relative').xs).toEqual([0, 1, 2]));

  test('may be none', () => expect(alongAxis([], 'relative')).toEqual({ xs: [], ys: [] }));
});

test('a log scale leaves a gap where there is no logarithm', () => {
  const series = { id: 'a', label: 'a', color: '', xs: [1, 2, 3], ys: [1, 0, -2] };
  expect(drawnTable(series, 0, true).ys).toEqual([[1, null, null]]);
});
