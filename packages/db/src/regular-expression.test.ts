import { expect, test } from 'vitest';
import { ValueRefused } from './handles.ts';
import { regularExpression } from './regular-expression.ts';

test('finds anywhere in the text, and tells upper from lower case', () => {
  expect(regularExpression('pt-4').test('gpt-4o')).toBe(true);
  expect(regularExpression('^GPT').test('gpt-4o')).toBe(false);
  expect(regularExpression('(?i)^GPT').test('gpt-4o')).toBe(true);
});

test.each(['[', '(?=a)', String.raw`(a)\1`, 'a{5000}', '((a{100}){100}){100}', 'x'.repeat(1001)])(
  'refuses %s',
  (pattern) => {
    expect(() => regularExpression(pattern)).toThrow(ValueRefused);
  },
);

test('answers at once where other engines try without end', () => {
  expect(regularExpression('(a+)+$').test(`${'a'.repeat(50_000)}!`)).toBe(false);
});
