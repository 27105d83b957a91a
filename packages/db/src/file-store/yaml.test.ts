import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PythonFloat } from '../python-json.ts';
import { Meta } from './yaml.ts';
import { type MetaValue, toMetaText } from './yaml-text.ts';
import { parseYamlValues } from './yaml-values.ts';

/** Texts that some release of YAML takes for something else, or that its syntax is made of. */
const TRICKY =
  '1e3,yes,No,~,null,None,1:20,2001-01-01,0x1F,1_000,.5,.inf,-,a: b,a #b,#x, lead,trail ,it\'s,"q",é,日本,😀 x,a\\b,C:\\x,{a},[b],!t,&a,*b,%d,@x,`b,=,<<,? x,- x,a:,m/one,/tmp/x y,true,ON,1.0,-5,+5,0o7,017,..,---,...'
    .split(',')
    .concat(
      '',
      'multi\nline',
      'tab\tx',
      'a\r\nb',
      '\u0000',
      '\u007f',
      '\u0085',
      '\u2028',
      '\ufeffb',
      '\ufffe',
      '\n',
      'a\n',
      '  a\n b',
    );

const text = fc.oneof(fc.constantFrom(...TRICKY), fc.string({ unit: 'binary' }), fc.string());

describe('what is written', () => {
  test('reads as the same texts', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), text), (values) => {
        fc.pre(Object.keys(values).length > 0);
        const meta = Meta.parse(toMetaText(values));
        for (const [key, value] of Object.entries(values)) expect(meta.text(key)).toBe(value.toWellFormed());
      }),
    );
  });

  test('has its keys sorted, and keeps what else was there', () => {
    const before = 'zz: 1e3\nextra:\n- 1\n- 2\nname: old\nnested:\n  a: b\n';
    expect(toMetaText({ name: 'new', time: 5, tags: [], none: null }, before)).toBe(
      'extra:\n- 1\n- 2\nname: new\nnested:\n  a: b\nnone: null\ntags: []\ntime: 5\nzz: 1e3\n',
    );
  });

  const python = process.env.MLFLOW_PYTHON;
  test.skipIf(!python)('reads as the same in Python', () => {
    const values: Record<string, MetaValue> = Object.fromEntries(
      TRICKY.map((value, index) => [`k${index}`, value]),
    );
    const yaml = toMetaText({
      ...values,
      number: 2n ** 62n,
      none: null,
      empty: [],
      map: { 'a b': 'yes', '1': '2' },
    });
    const { stdout, stderr } = spawnSync(
      python!,
      [
        '-c',
        'import json, sys, yaml; print(json.dumps(yaml.load(sys.stdin.buffer, Loader=yaml.CSafeLoader)))',
      ],
      { input: yaml, encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(JSON.parse(stdout.replace('4611686018427387904', '"large"'))).toEqual({
      ...values,
      number: 'large',
      none: null,
      empty: [],
      map: { 'a b': 'yes', '1': '2' },
    });
  });
});

describe('what is read', () => {
  test.each([
    ['name: 1e3', '1e3'],
    ['name: yes', 'yes'],
    ["name: 'it''s'", "it's"],
    ['name: "a\\nb"', 'a\nb'],
    ['name: null', null],
    ["name: 'null'", 'null'],
    ['name:', null],
    ['name: ~', null],
    ['name: a: b'.replace('a: b', "'a: b'"), 'a: b'],
    ['name: a long text\n  that goes on', 'a long text that goes on'],
    ['name: |-\n  one\n  two', 'one\ntwo'],
    ['other: [1, {a: b}]\nname: x', 'x'],
    ['{"name": "x"}', 'x'],
  ])('%j has the text that Python reads', (yaml, expected) => {
    expect(Meta.parse(`${yaml}\n`).text('name')).toBe(expected);
  });

  test('has maps of texts', () => {
    const meta = Meta.parse("tags:\n  mlflow.data.context: train\n  k: 'yes'\nempty: {}\n");
    expect(meta.map('tags')).toEqual(
      new Map([
        ['mlflow.data.context', 'train'],
        ['k', 'yes'],
      ]),
    );
    expect(meta.map('empty')).toEqual(new Map());
  });

  test('has whole numbers of 64 bits, and says which is none', () => {
    expect(Meta.parse('n: 9007199254740993').integer('n')).toBe(9007199254740993n);
    expect(Meta.parse("n: '12'").integer('n')).toBe(12);
    expect(() => Meta.parse('n: 1.5').integer('n')).toThrow("its 'n' is '1.5', not a whole number");
    expect(() => Meta.parse(`n: ${2n ** 63n}`).integer('n')).toThrow('not a whole number');
  });

  test.each([
    ['', 'it is empty'],
    ['  \n\n', 'it is empty'],
    ['a: [1, 2\nb: {', 'it is not YAML'],
    ['just text', 'names with values'],
    ['- a\n- b', 'names with values'],
  ])('%j is refused with the reason', (yaml, reason) => {
    expect(() => Meta.parse(yaml)).toThrow(reason);
  });
});

describe('values of any kind', () => {
  const nested = new Map<string, unknown>([
    [
      'a',
      [new PythonFloat(1), new PythonFloat(1e20), new PythonFloat(1e-7), 'yes', '1e3', null, true, 'x: y'],
    ],
    ['b', new Map()],
    ['c d', [[], new Map([['1', '2']])]],
    ['e', -5],
  ]);

  test('read as they were written', () => {
    const text = toMetaText({ value: nested as never, other: { deep: { er: 'no' } } });
    expect(parseYamlValues(text)).toEqual(
      new Map<string, unknown>([
        ['other', new Map([['deep', new Map([['er', 'no']])]])],
        ['value', nested],
      ]),
    );
  });

  test.each([
    ['1.0e+20', new PythonFloat(1e20)],
    ['1e3', '1e3'],
    ['1.5e3', '1.5e3'],
    ['.5', new PythonFloat(0.5)],
    ['1_000', 1000],
    ['-0', 0],
    ['+12', 12],
    ['18446744073709551616', 18446744073709551616n],
    ['~', null],
    ['ON', true],
    ['no', false],
    ["'no'", 'no'],
    ['.inf', new PythonFloat(Number.POSITIVE_INFINITY)],
    ['-.INF', new PythonFloat(Number.NEGATIVE_INFINITY)],
    ['.nan', new PythonFloat(Number.NaN)],
    ['[1, {a: b}]', [1, new Map([['a', 'b']])]],
    ['|-\n  a\n  b', 'a\nb'],
  ])('%j is what Python makes of it', (text, expected) => {
    expect(parseYamlValues(`v: ${text}\n`).get('v')).toEqual(expected);
  });

  test('that would grow out of a few lines, or nest without end, are refused', () => {
    expect(() => parseYamlValues('a: &x [1]\nb: [*x, *x]\n')).toThrow('aliases');
    expect(() => parseYamlValues(`a: ${'['.repeat(300)}${']'.repeat(300)}\n`)).toThrow('nests');
  });
});
