import { describe, expect, test } from 'vitest';
import { smoothed } from './smoothing.ts';

describe('smoothing', () => {
  test('of weight 0 changes nothing', () => expect(smoothed([1, 5, 2], 0)).toEqual([1, 5, 2]));

  test('begins at the first value, not at zero', () => {
    const result = smoothed([10, 10, 10], 0.95);
    for (const value of result) expect(value).toBeCloseTo(10);
  });

  test('keeps gaps and goes on after them', () => {
    const [first, gap, last] = smoothed([2, null, 4], 0.5);
    expect([first, gap]).toEqual([2, null]);
    expect(last).toBeCloseTo((2 * 0.25 + 4 * 0.5) / 0.75);
  });
});
