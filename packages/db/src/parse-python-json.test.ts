import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePythonJson } from './parse-python-json.ts';
import { PythonFloat, toPythonJson } from './python-json.ts';

describe('JSON as Python reads it', () => {
  // Each right side is `json.dumps(json.loads(left))` of Python 3.11.
  test.each([
    ['1', '1'],
    ['1.0', '1.0'],
    ['1e2', '100.0'],
    ['-0', '0'],
    ['-0.0', '-0.0'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    [' [1,2.50 ,"x"] ', '[1, 2.5, "x"]'],
    ['{"b":1,"1":2,"__proto__":{"a":null}}', '{"b": 1, "1": 2, "__proto__": {"a": null}}'],
    ['{"a":1,"a":2}', '{"a": 2}'],
    ['[NaN,Infinity,-Infinity,true,false]', '[NaN, Infinity, -Infinity, true, false]'],
    ['"é\\u00e9\\ud83d\\ude00\\/"', '"\\u00e9\\u00e9\\ud83d\\ude00/"'],
    ['[]', '[]'],
    ['{ }', '{}'],
  ])('%s', (text, dumped) => {
    expect(toPythonJson(parsePythonJson(text))).toBe(dumped);
  });

  test.each([
    '',
    ' ',
    '01',
    '1.',
    '.5',
    '+1',
    "'x'",
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    '"a',
    'nul',
    '1 2',
    'NaN1',
    '\u00a01',
    '"\n"',
    '[1}',
  ])('refuses %j', (text) => {
    expect(() => parsePythonJson(text)).toThrow(SyntaxError);
  });

  test('reads what JSON.parse reads, and refuses what it refuses but for the words of Python', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.json(), fc.string(), fc.stringMatching(/^[[\]{}:,"\\0-9.eE+ a-]*$/)),
        (text) => {
          // Python's integers know no negative zero.
          if (/-0(?![.\deE])/.test(text)) return;
          let known: unknown;
          try {
            known = JSON.parse(text);
          } catch {
            if (!/NaN|Infinity/.test(text)) expect(() => parsePythonJson(text)).toThrow(SyntaxError);
            return;
          }
          expect(plain(parsePythonJson(text))).toEqual(known);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('gives up on nesting that has no end', () => {
    expect(() => parsePythonJson('['.repeat(100_000))).toThrow('nests more than');
  });
});

function plain(value: unknown): unknown {
  if (value instanceof PythonFloat) return value.value;
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) {
    const object: Record<string, unknown> = {};
    for (const [name, item] of value)
      Object.defineProperty(object, name, {
        value: plain(item),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    return object;
  }
  return value;
}
