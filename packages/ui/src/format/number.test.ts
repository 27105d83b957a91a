import { describe, expect, test } from 'vitest';
import { bytesText, metricText, plural, shortNumber, toPoint } from './number.ts';

describe('numbers for people', () => {
  test.each([
    [0, '0'],
    [0.5, '0.5'],
    [0.91234567, '0.912346'],
    [100, '100'],
    [20000, '20,000'],
    [1.5e-12, '1.5e-12'],
    [123456.789, '123457'],
    [12345678.9, '1.2346e7'],
    [123456789012, '123,456,789,012'],
    [-3, '-3'],
  ])('%f is %s', (value, text) => expect(shortNumber(value)).toBe(text));

  test('infinity is a sign, also as the store writes it', () => {
    expect(metricText(Number.MAX_VALUE).text).toBe('∞');
    expect(metricText('-Infinity').text).toBe('−∞');
    expect(metricText('NaN').text).toBe('NaN');
    expect(metricText(Number.MAX_VALUE).title).toContain('1.797e308');
  });

  test('what cannot be drawn leaves a gap', () => {
    expect([toPoint('NaN'), toPoint(Number.MAX_VALUE), toPoint(0.5)]).toEqual([null, null, 0.5]);
  });

  test('sizes and counts carry their unit', () => {
    expect([bytesText(512), bytesText(2_500_000), bytesText(999_999)]).toEqual([
      '512 B',
      '2.50 MB',
      '1.00 MB',
    ]);
    expect([plural(1, 'run'), plural(2000, 'run')]).toEqual(['1 run', '2,000 runs']);
  });
});
