import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PythonJson, parsePythonJson, printPythonJson, pythonFloat } from './python-json.ts';

/** What CPython 3.11 makes of each text: json.dumps(json.loads(text)), and the same with sort_keys=True. */
const BY_PYTHON: readonly (readonly [text: string, written: string, sorted: string])[] = [
  ['1', '1', '1'],
  ['1.0', '1.0', '1.0'],
  ['-0', '0', '0'],
  ['-0.0', '-0.0', '-0.0'],
  ['1e5', '100000.0', '100000.0'],
  ['1E+2', '100.0', '100.0'],
  ['1e16', '1e+16', '1e+16'],
  ['1e15', '1000000000000000.0', '1000000000000000.0'],
  ['123456789012345678', '123456789012345678', '123456789012345678'],
  ['0.0001', '0.0001', '0.0001'],
  ['0.00001', '1e-05', '1e-05'],
  ['1e-7', '1e-07', '1e-07'],
  ['2.5e20', '2.5e+20', '2.5e+20'],
  ['1e999', 'Infinity', 'Infinity'],
  ['-1e999', '-Infinity', '-Infinity'],
  ['NaN', 'NaN', 'NaN'],
  ['[Infinity, -Infinity]', '[Infinity, -Infinity]', '[Infinity, -Infinity]'],
  ['1.7976931348623157e308', '1.7976931348623157e+308', '1.7976931348623157e+308'],
  ['5e-324', '5e-324', '5e-324'],
  ['0.1', '0.1', '0.1'],
  ['100000000000000000000000', '100000000000000000000000', '100000000000000000000000'],
  ['9007199254740993', '9007199254740993', '9007199254740993'],
  ['9007199254740993.0', '9007199254740992.0', '9007199254740992.0'],
  [
    '"\\u00fc\\ud83d\\ude00\\n\\u007f/\\/"',
    '"\\u00fc\\ud83d\\ude00\\n\\u007f//"',
    '"\\u00fc\\ud83d\\ude00\\n\\u007f//"',
  ],
  [
    '{"b": 1, "a": {"z": [], "y": {}}, "10": 2, "2": 3}',
    '{"b": 1, "a": {"z": [], "y": {}}, "10": 2, "2": 3}',
    '{"10": 2, "2": 3, "a": {"y": {}, "z": []}, "b": 1}',
  ],
  ['{"a": 1, "b": 2, "a": 3}', '{"a": 3, "b": 2}', '{"a": 3, "b": 2}'],
  [
    '{"\ud83d\ude00": 1, "\uffee": 2, "z": 3}',
    '{"\\ud83d\\ude00": 1, "\\uffee": 2, "z": 3}',
    '{"z": 3, "\\uffee": 2, "\\ud83d\\ude00": 1}',
  ],
  [' [ 1 , 2 ]\n', '[1, 2]', '[1, 2]'],
  ['"\\u0001\\b\\f"', '"\\u0001\\b\\f"', '"\\u0001\\b\\f"'],
  ['true', 'true', 'true'],
  ['null', 'null', 'null'],
  [
    '{"__proto__": {"x": 1}, "constructor": 2}',
    '{"__proto__": {"x": 1}, "constructor": 2}',
    '{"__proto__": {"x": 1}, "constructor": 2}',
  ],
  ['-0.9034271527463753', '-0.9034271527463753', '-0.9034271527463753'],
  ['2.475301515427387e+17', '2.475301515427387e+17', '2.475301515427387e+17'],
  ['-0.15096162171497207', '-0.15096162171497207', '-0.15096162171497207'],
  ['1.2380196114964558e-17', '1.2380196114964558e-17', '1.2380196114964558e-17'],
  ['5.771029486174987e-06', '5.771029486174987e-06', '5.771029486174987e-06'],
  ['0.14182737929346878', '0.14182737929346878', '0.14182737929346878'],
  ['8.161263591200314e-20', '8.161263591200314e-20', '8.161263591200314e-20'],
  ['0.1287365862667733', '0.1287365862667733', '0.1287365862667733'],
  ['4.9298036431302285e+17', '4.9298036431302285e+17', '4.9298036431302285e+17'],
  ['0.05855618635076387', '0.05855618635076387', '0.05855618635076387'],
  ['6.622654460857188e+17', '6.622654460857188e+17', '6.622654460857188e+17'],
  ['8751374955734289.0', '8751374955734289.0', '8751374955734289.0'],
  ['8.729240617790313e+17', '8.729240617790313e+17', '8.729240617790313e+17'],
  ['8.814901932871474e+17', '8.814901932871474e+17', '8.814901932871474e+17'],
  ['5.726270498679439e+17', '5.726270498679439e+17', '5.726270498679439e+17'],
  ['-0.05180332516071107', '-0.05180332516071107', '-0.05180332516071107'],
  ['0.29425770905533755', '0.29425770905533755', '0.29425770905533755'],
  ['4.447872457483825e+17', '4.447872457483825e+17', '4.447872457483825e+17'],
  ['1.9374658613462275e+17', '1.9374658613462275e+17', '1.9374658613462275e+17'],
  ['1.4911911826798275e+17', '1.4911911826798275e+17', '1.4911911826798275e+17'],
];

describe('JSON as Python has it', () => {
  test.each(BY_PYTHON)('%s is written as Python writes it', (text, written, sorted) => {
    const value = parsePythonJson(text);
    expect(printPythonJson(value)).toBe(written);
    expect(printPythonJson(value, { sortKeys: true })).toBe(sorted);
  });

  test('holds whatever JSON holds, and is written so that it reads the same', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        const written = printPythonJson(parsePythonJson(text));
        expect(JSON.parse(written)).toEqual(JSON.parse(text));
        expect(printPythonJson(parsePythonJson(written))).toBe(written);
        expect(written).toMatch(/^[ -~]*$/);
      }),
    );
  });

  test('has floats that read back as the same number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(pythonFloat(value))).toBe(value);
        expect(parsePythonJson(pythonFloat(value))).toEqual({ kind: 'float', text: pythonFloat(value) });
      }),
    );
  });

  test.each([
    '',
    ' ',
    '{',
    '[1,]',
    '{"a":}',
    '{a: 1}',
    "{'a': 1}",
    '01',
    '+1',
    '1.',
    '.5',
    '"\\x"',
    '"\\u12"',
    '"\\ud800"',
    '"a',
    '"\n"',
    'nul',
    '[1] 2',
    '-',
    '1'.repeat(4301),
    `${'['.repeat(102)}${']'.repeat(102)}`,
  ])('is not %j', (text) => {
    expect(() => parsePythonJson(text)).toThrow(SyntaxError);
  });

  test('sorts keys by code point, not by UTF-16 unit', () => {
    const value: PythonJson = new Map(
      [
        ['\u{1f600}', 1],
        ['\uffee', 2],
      ].map(([key, n]) => [String(key), { kind: 'integer', text: String(n) }]),
    );
    expect(printPythonJson(value, { sortKeys: true })).toBe('{"\\uffee": 2, "\\ud83d\\ude00": 1}');
  });
});
