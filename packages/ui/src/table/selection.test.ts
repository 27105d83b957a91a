import { expect, test } from 'vitest';
import { toggled } from './selection.ts';

const keys = ['a', 'b', 'c', 'd'];

test('one row is ticked and cleared again', () => {
  const ticked = toggled(new Set(), keys, 'b', undefined);
  expect([...ticked]).toEqual(['b']);
  expect([...toggled(ticked, keys, 'b', undefined)]).toEqual([]);
});

test('a range goes both ways and takes the state of the row that was clicked', () => {
  expect([...toggled(new Set(['d']), keys, 'b', 'd')].sort()).toEqual(['b', 'c', 'd']);
  expect([...toggled(new Set(keys), keys, 'c', 'a')]).toEqual(['d']);
});

test('a range from a row that is gone is just the row', () => {
  expect([...toggled(new Set(), keys, 'c', 'gone')]).toEqual(['c']);
});
