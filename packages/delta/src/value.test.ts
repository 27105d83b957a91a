import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeltaType } from './schema.ts';
import {
  compareValues,
  dateDays,
  dateText,
  decimalText,
  decimalUnscaled,
  timestampMicros,
  timestampText,
  valueOfText,
} from './value.ts';

describe('dates', () => {
  test('agree with JavaScript’s own where it has them', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (days) => {
        expect(dateText(days)).toBe(new Date(days * 86_400_000).toISOString().slice(0, 10));
      }),
    );
  });

  test('go there and back over all that 32 bits hold', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (days) => {
        expect(dateDays(dateText(days))).toBe(days);
      }),
    );
  });

  test.each(['2023-02-29', '2024-13-01', '2024-00-10', '2024-1-', 'x', '2024-01-32', ''])(
    '%j is none',
    (text) => {
      expect(dateDays(text)).toBeUndefined();
    },
  );
});

describe('times', () => {
  test('go there and back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (micros) => {
        expect(timestampMicros(timestampText(micros, 'Z'))).toBe(micros);
      }),
    );
  });

  test.each([
    ['2024-01-02 03:04:05', '2024-01-02T03:04:05.000000Z'],
    ['2024-01-02 03:04:05.5', '2024-01-02T03:04:05.500000Z'],
    ['2024-01-02T03:04:05.123456Z', '2024-01-02T03:04:05.123456Z'],
    ['2024-01-02T03:04:05.123+02:00', '2024-01-02T01:04:05.123000Z'],
    ['2024-01-02T03:04:05.123-0830', '2024-01-02T11:34:05.123000Z'],
    ['1969-12-31 23:59:59.999999', '1969-12-31T23:59:59.999999Z'],
    ['2024-01-02', '2024-01-02T00:00:00.000000Z'],
  ])('%j of a partition is %j', (text, value) => {
    expect(valueOfText(text, { type: 'timestamp' })).toBe(value);
  });
});

describe('decimals', () => {
  test('go there and back, exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.nat(38), (unscaled, scale) => {
        expect(decimalUnscaled(decimalText(unscaled, scale), scale)).toBe(unscaled);
      }),
    );
  });

  test.each([
    ['1.5', 2, '1.50'],
    ['-0.01', 2, '-0.01'],
    ['1E+2', 0, '100'],
    ['1.2e-3', 4, '0.0012'],
    ['1.234', 2, undefined],
    ['x', 2, undefined],
  ])('%j with %i digits after the point is %j', (text, scale, value) => {
    expect(valueOfText(text, { type: 'decimal', precision: 38, scale })).toBe(value);
  });
});

test.each<[string, DeltaType['type'], unknown]>([
  ['9223372036854775807', 'long', 9223372036854775807n],
  ['12.0', 'long', undefined],
  ['-7', 'integer', -7],
  ['1e999', 'double', Number.POSITIVE_INFINITY],
  ['-Infinity', 'double', Number.NEGATIVE_INFINITY],
  ['NaN', 'float', Number.NaN],
  ['', 'double', undefined],
  ['true', 'boolean', true],
  ['TRUE', 'boolean', undefined],
])('%j as %s is %s', (text, type, value) => {
  expect(valueOfText(text, { type } as DeltaType)).toEqual(value);
});

test('values are ordered as Spark orders them', () => {
  const ordered = (type: DeltaType, ...values: (string | number | bigint)[]) =>
    values.toSorted((a, b) => compareValues(a, b, type));
  expect(ordered({ type: 'string' }, '🚢', '\ufffd', 'b', 'a')).toEqual(['a', 'b', '\ufffd', '🚢']);
  expect(ordered({ type: 'double' }, Number.NaN, 1, Number.NEGATIVE_INFINITY)).toEqual([
    Number.NEGATIVE_INFINITY,
    1,
    Number.NaN,
  ]);
  expect(ordered({ type: 'long' }, 10n, 9n, -1n)).toEqual([-1n, 9n, 10n]);
  expect(ordered({ type: 'decimal', precision: 4, scale: 1 }, '10.0', '9.5', '-1.0')).toEqual([
    '-1.0',
    '9.5',
    '10.0',
  ]);
  expect(ordered({ type: 'date' }, '+10000-01-01', '2024-01-01', '-0001-01-01')).toEqual([
    '-0001-01-01',
    '2024-01-01',
    '+10000-01-01',
  ]);
});
