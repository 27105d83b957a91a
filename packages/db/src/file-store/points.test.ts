import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseModelPoint, parsePoint, pointLine } from './points.ts';

const none = { dataset_name: null, dataset_digest: null };

test('a line reads as the point it was written from', () => {
  const point = fc.record({
    timestamp: fc.oneof(fc.nat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n })),
    value: fc.double(),
    step: fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) - 1n })),
  });
  fc.assert(
    fc.property(point, (given) => {
      expect(parsePoint(pointLine({ ...given, ...none }))).toEqual({ ...given, ...none, run_id: '' });
      expect(parseModelPoint(pointLine({ ...given, ...none, run_id: 'r' }))).toEqual({
        ...given,
        ...none,
        run_id: 'r',
      });
    }),
  );
});

test.each([
  ['1 0.5', { step: 0, value: 0.5 }],
  ['1 nan 2', { value: Number.NaN }],
  ['1 -inf 2', { value: Number.NEGATIVE_INFINITY }],
  ['1 Infinity 2', { value: Number.POSITIVE_INFINITY }],
  ['1 1e-05 2', { value: 1e-5 }],
  // Python's own reader takes the step of such a line for 0, and stumbles over the next.
  ['1 0.5 7 data abc', { step: 7, dataset_name: 'data', dataset_digest: 'abc' }],
  ['1 0.5 7 my data abc', { step: 7, dataset_name: 'my data', dataset_digest: 'abc' }],
])('%j is a point', (line, expected) => {
  expect(parsePoint(line)).toMatchObject(expected);
});

test.each([
  '',
  'x',
  '1',
  '1 ',
  '1 x 2',
  '1 0.5 x',
  '1.5 0.5 1',
  '1 0x10 1',
  '1 0.5 1 data',
  '9223372036854775808 1 1',
])('%j is none', (line) => {
  expect(parsePoint(line)).toBeUndefined();
});

test('numbers are written as Python prints them', () => {
  const texts = [
    1,
    -0,
    0.1,
    1e21,
    5e-324,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ].map((value) => pointLine({ timestamp: 1, value, step: 2, ...none }).split(' ')[1]);
  expect(texts).toEqual(['1.0', '-0.0', '0.1', '1e+21', '5e-324', 'nan', 'inf', '-inf']);
});

test('a data set whose name has a space is left out, as the line could not be read', () => {
  const point = { timestamp: 1, value: 1, step: 2, run_id: 'r', dataset_digest: 'abc' };
  expect(pointLine({ ...point, dataset_name: 'data' })).toBe('1 1.0 2 r data abc\n');
  expect(pointLine({ ...point, dataset_name: 'my data' })).toBe('1 1.0 2 r\n');
});
