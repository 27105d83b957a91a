import { expect, test } from 'vitest';
import { PythonFloat, toPythonJson } from './python-json.ts';

// Each text is what `json.dumps` of Python 3.11 writes.
test.each([
  [{ a: 1, b: [true, null] }, '{"a": 1, "b": [true, null]}'],
  [new PythonFloat(1), '1.0'],
  [new PythonFloat(-0), '-0.0'],
  [new PythonFloat(1e15), '1000000000000000.0'],
  [new PythonFloat(1e16), '1e+16'],
  [new PythonFloat(1.5e300), '1.5e+300'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [0.000123456789, '0.000123456789'],
  [1.25e-7, '1.25e-07'],
  [0.1, '0.1'],
  [123456.789, '123456.789'],
  [9007199254740993n, '9007199254740993'],
  ['é"\n😀\x7f', '"\\u00e9\\"\\n\\ud83d\\ude00\\u007f"'],
  [{}, '{}'],
  [[], '[]'],
] as const)('number %# is written as Python does', (value, text) => {
  expect(toPythonJson(value)).toBe(text);
});

test('keeps other characters when it is told to', () => {
  expect(toPythonJson({ ü: '名' }, { ascii: false })).toBe('{"ü": "名"}');
});
