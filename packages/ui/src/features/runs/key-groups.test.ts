import { expect, test } from 'vitest';
import { groupByPrefix } from './key-groups.ts';

const entries = (...keys: readonly string[]) => keys.map((key) => ({ key }));
const many = Array.from({ length: 20 }, (_, index) => `data/k${index}`);

test('few keys are one list in the order people count', () => {
  expect(groupByPrefix(entries('b10', 'b2', 'a/x'))).toEqual([
    { prefix: '', entries: entries('a/x', 'b2', 'b10') },
  ]);
});

test('many keys are grouped by what they begin with; a lone one stands with those without a prefix', () => {
  const groups = groupByPrefix(entries(...many, 'seed', 'optim.lr'));
  expect(groups.map(({ prefix, entries: { length } }) => [prefix, length])).toEqual([
    ['', 2],
    ['data', 20],
  ]);
});
