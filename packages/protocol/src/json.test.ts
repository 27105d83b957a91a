import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MlflowError } from './errors.ts';
import { parseBody, parseJson, stringifyJson } from './json.ts';

describe('parseJson', () => {
  test('keeps every digit of integers beyond 2^53, and gives plain numbers below', () => {
    expect(parseJson('[9007199254740993, -9223372036854775808, 12, 9007199254740991]')).toEqual([
      9007199254740993n,
      -9223372036854775808n,
      12,
      9007199254740991,
    ]);
  });

  test('leaves fractions with many digits alone', () => {
    expect(parseJson('{"value": 0.1234567890123456, "text": "1234567890123456789"}')).toEqual({
      value: 0.1234567890123456,
      text: '1234567890123456789',
    });
  });

  test('gives back what stringifyJson wrote, whatever it is', () => {
    const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            step: integer,
            key: fc.string(),
            value: fc.double({ noNaN: true, noDefaultInfinity: true }),
          }),
        ),
        (points) => {
          const back = parseJson(stringifyJson(points)) as {
            step: number | bigint;
            key: string;
            value: number;
          }[];
          expect(back.map(({ step }) => BigInt(step))).toEqual(points.map(({ step }) => step));
          expect(back.map(({ key }) => key)).toEqual(points.map(({ key }) => key));
        },
      ),
    );
  });
});

test('stringifyJson leaves bigints to others as they were, and refuses what has no JSON', () => {
  expect(stringifyJson([2n ** 63n, 'text'])).toBe('[9223372036854775808,"text"]');
  const circle: unknown[] = [1n];
  circle.push(circle);
  expect(() => stringifyJson(circle)).toThrow('circular');
  expect(() => JSON.stringify(1n)).toThrow(TypeError);
});

describe('parseBody', () => {
  test.each(['', '{}', '"{}"'])('takes %j for an empty object', (text) => {
    expect(parseBody(text)).toEqual({});
  });

  test.each(['{', '[1]', '3', 'null', '{"a": NaN}', '['.repeat(200_000)])(
    'refuses text %# with INVALID_PARAMETER_VALUE',
    (text) => {
      expect(() => parseBody(text)).toThrow(MlflowError);
    },
  );

  test('keeps the names of the prototype as ordinary data', () => {
    const body = parseBody('{"__proto__": {"polluted": true}, "constructor": 1}');
    expect(Object.keys(body)).toEqual(['__proto__', 'constructor']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
