import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { endpoints } from '../endpoints.ts';
import { MlflowError } from '../errors.ts';
import { optional, required, withDefault } from './field.ts';
import { message, repeated } from './message.ts';
import { bool, double, enumOf, int32, int64, string } from './scalars.ts';

const sample = message({
  run_id: required(string(), { aliases: ['run_uuid'] }),
  start_time: optional(int64()),
  value: optional(double()),
  flag: optional(bool()),
  status: optional(enumOf({ RUNNING: 1, FINISHED: 3 })),
  max_results: withDefault(int32(1, 10), 5),
  items: optional(repeated(message({ key: required(string()) }))),
});

const parse = (value: unknown) => sample.parse(value, '');

describe('a message', () => {
  test('takes either spelling of a name and ignores what it does not know', () => {
    expect(parse({ runId: 'a', startTime: 5, later: true })).toEqual({
      run_id: 'a',
      start_time: 5,
      max_results: 5,
    });
    expect(parse({ run_uuid: 'a' })).toMatchObject({ run_id: 'a' });
  });

  test('takes the same value in two spellings, as Python sends it, and refuses two values', () => {
    expect(parse({ run_id: 'a', run_uuid: 'a' })).toMatchObject({ run_id: 'a' });
    expect(() => parse({ run_id: 'a', run_uuid: 'b' })).toThrow("'run_id' and 'run_uuid'");
  });

  test.each([{}, { run_id: null }, { run_id: '' }])('misses a required value in %j', (value) => {
    expect(() => parse(value)).toThrow("Missing value for required parameter 'run_id'");
  });

  test('names the place of what is wrong within lists', () => {
    expect(() => parse({ run_id: 'a', items: [{ key: 'x' }, { key: 7 }] })).toThrow(
      "Invalid value 7 for parameter 'items[1].key'",
    );
    expect(() => parse({ run_id: 'a', items: [{}] })).toThrow("'items[0].key'");
  });

  test('reads null as unset', () => {
    expect(parse({ run_id: 'a', start_time: null, max_results: null })).toEqual({
      run_id: 'a',
      max_results: 5,
    });
  });

  test('reads null as what the field says, in any spelling of it', () => {
    const narrowed = message({ experiment_ids: optional(repeated(string()), { ifNull: [] }) });
    expect(narrowed.parse({}, '')).toEqual({});
    expect(narrowed.parse({ experiment_ids: null }, '')).toEqual({ experiment_ids: [] });
    expect(narrowed.parse({ experimentIds: null }, '')).toEqual({ experiment_ids: [] });
    expect(narrowed.parse({ experimentIds: ['1'] }, '')).toEqual({ experiment_ids: ['1'] });
  });

  test('does not take inherited names for fields', () => {
    const inherited = message({ constructor: optional(string()), toString: optional(string()) });
    expect(inherited.parse({}, '')).toEqual({});
  });
});

describe('a 64-bit integer', () => {
  const type = int64();
  test.each([
    [5, 5],
    ['5', 5],
    ['-7', -7],
    [3.0, 3],
    ['9007199254740993', 9007199254740993n],
    [-9223372036854775808n, -9223372036854775808n],
  ])('is read from %s', (given, expected) => {
    expect(type.parse(given, 'x')).toBe(expected);
  });

  test.each([1.5, '1.5', 'x', true, {}, [], 2n ** 63n, '9223372036854775808', 1e300])(
    'is not %s',
    (given) => {
      expect(() => type.parse(given, 'x')).toThrow(MlflowError);
    },
  );
});

describe('a double', () => {
  const type = double();
  test.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['1e-3', 0.001],
    [true, 1],
    [9007199254740993n, 9007199254740992],
  ])('is read from %s', (given, expected) => {
    expect(type.parse(given, 'x')).toBe(expected);
  });

  test.each([Number.POSITIVE_INFINITY, '', 'abc', '0x10', '1e999', null, {}, '__proto__', 'constructor'])(
    'is not %s',
    (given) => {
      expect(() => type.parse(given, 'x')).toThrow(MlflowError);
    },
  );
});

test('an enum is read by name or number; an unknown word is unset, an unknown number refused', () => {
  expect(parse({ run_id: 'a', status: 'FINISHED' })).toMatchObject({ status: 'FINISHED' });
  expect(parse({ run_id: 'a', status: 3 })).toMatchObject({ status: 'FINISHED' });
  for (const unset of ['BOGUS', 0])
    expect(parse({ run_id: 'a', status: unset })).not.toHaveProperty('status');
  for (const status of [-5, 7, '7', 2.5, true, [], {}])
    expect(() => parse({ run_id: 'a', status })).toThrow("parameter 'status'");
});

test('whatever is sent to any endpoint, it is read or refused as an answer, never a crash', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(endpoints)),
      fc.object({ maxDepth: 3, withBigInt: true }),
      (endpoint, body) => {
        try {
          endpoint.request.parse(body, '');
        } catch (error) {
          expect(error).toBeInstanceOf(MlflowError);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
