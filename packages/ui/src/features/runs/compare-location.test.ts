import { expect, test } from 'vitest';
import { readIds, readMetricLink, toCompareSearch } from './compare-location.ts';
import { buildRun } from './run-builder.ts';

test('runs to compare stand in the address as MLflow writes them', () => {
  const search = toCompareSearch([buildRun('a'), buildRun('b')]);
  expect(search).toEqual({ runs: '["a","b"]', experiments: '["1"]' });
  expect(readIds(search.runs)).toEqual(['a', 'b']);
});

test.each(['', '{', '{}', '[1,null]', undefined])('%j holds no ids', (text) =>
  expect(readIds(text)).toEqual([]),
);

test('a link to a metric names it in quotes', () => {
  expect(readMetricLink({ metric: '"val/acc"', runs: '["a"]' }).metric).toBe('val/acc');
});
