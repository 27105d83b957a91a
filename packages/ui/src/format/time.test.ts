import { describe, expect, test } from 'vitest';
import { ageText, durationText, toMillis } from './time.ts';

const NOW = 1_700_000_000_000;

describe('ages and durations', () => {
  test.each([
    [0, 'just now'],
    [42_000, '42 s ago'],
    [3 * 60_000 + 59_000, '3 min ago'],
    [26 * 3_600_000, '1 d ago'],
    [400 * 86_400_000, '1 y ago'],
  ])('%i ms back is %s', (age, text) => expect(ageText(NOW - age, NOW)).toBe(text));

  test.each([
    [250, '250 ms'],
    [4_200, '4.2 s'],
    [65_000, '1 min 5 s'],
    [3_600_000, '1 h'],
    [12_000_000, '3 h 20 min'],
    [-5, '–'],
  ])('%i ms takes %s', (ms, text) => expect(durationText(ms)).toBe(text));

  test('a time of 0 is no time', () =>
    expect([toMillis(0), toMillis(undefined), toMillis(5)]).toEqual([undefined, undefined, 5]));
});
