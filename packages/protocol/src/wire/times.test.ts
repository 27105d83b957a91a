import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { duration, EARLIEST_MS, LATEST_MS, timestamp, toWireDuration, toWireTimestamp } from './times.ts';

describe('a point in time', () => {
  test.each([
    ['2026-09-21T14:13:20Z', 1_790_000_000_000],
    ['2026-09-21T14:13:20.5Z', 1_790_000_000_500],
    ['2026-09-21T14:13:20.123456789Z', 1_790_000_000_123],
    ['2026-09-21T16:13:20+02:00', 1_790_000_000_000],
    ['1969-12-31T23:59:59.999Z', -1],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
    ['9999-12-31T23:59:59.999999999Z', 253_402_300_799_999],
  ])('reads %s', (text, ms) => {
    expect(timestamp().parse(text, 't')).toBe(ms);
  });

  test.each([
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-09-21 14:13:20Z',
    '2026-09-21T14:13:20',
    '2026-09-21T14:13:20.1234567890Z',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '2026-09-21T14:13:20+25:00',
    1_790_000_000_000,
    null,
    {},
  ])('refuses %j', (value) => {
    expect(() => timestamp().parse(value, 'request_time')).toThrow("'request_time'");
  });

  test('is written with three digits or none, and kept within what the form can say', () => {
    expect(toWireTimestamp(1_790_000_000_000)).toBe('2026-09-21T14:13:20Z');
    expect(toWireTimestamp(1_790_000_000_120)).toBe('2026-09-21T14:13:20.120Z');
    expect(toWireTimestamp(-62_135_596_800_000)).toBe('0001-01-01T00:00:00Z');
    expect(toWireTimestamp(2n ** 62n)).toBe('9999-12-31T23:59:59.999Z');
  });

  test('is written as JavaScript’s dates write it, whatever was written before', () => {
    fc.assert(
      fc.property(fc.integer({ min: EARLIEST_MS, max: LATEST_MS }), (ms) => {
        for (const each of [ms, Math.min(ms + 1, LATEST_MS), ms - (ms % 1000)])
          expect(toWireTimestamp(each)).toBe(new Date(each).toISOString().replace('.000Z', 'Z'));
      }),
    );
  });
});

describe('a length of time', () => {
  test.each([
    ['1.500s', 1500],
    ['0.060s', 60],
    ['0.0609s', 60],
    ['1s', 1000],
    ['-0.5s', -500],
    ['0s', 0],
  ])('reads %s', (text, ms) => {
    expect(duration().parse(text, 'd')).toBe(ms);
  });

  test.each(['1.5', '1,5s', 's', '.5s', '315576000001s', 1.5, null])('refuses %j', (value) => {
    expect(() => duration().parse(value, 'execution_duration')).toThrow("'execution_duration'");
  });

  test('is written with three digits or none', () => {
    expect([0, 60, 1500, 2000, -500, 2n ** 62n].map(toWireDuration)).toEqual([
      '0s',
      '0.060s',
      '1.500s',
      '2s',
      '-0.500s',
      '315576000000s',
    ]);
  });
});
