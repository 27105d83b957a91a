import { describe, expect, test } from 'vitest';
import { staleFrom, withStale } from './stale-filter.ts';

describe('the filter for stale data', () => {
  test('is added to what is there, and taken away again', () => {
    const stale = withStale("metrics.loss < 1 AND tags.`a b` = 'x AND y'", 5);
    expect(stale).toBe("metrics.loss < 1 AND tags.`a b` = 'x AND y' AND dataset.versions_behind >= 5");
    expect(staleFrom(stale)).toBe(5);
    expect(withStale(stale, 10)).toBe(stale?.replace('5', '10'));
    expect(withStale(stale, undefined)).toBe("metrics.loss < 1 AND tags.`a b` = 'x AND y'");
  });

  test('is the whole of an empty one', () => {
    expect(withStale(undefined, 1)).toBe('dataset.versions_behind >= 1');
    expect(withStale('datasets.versions_behind >= 1', undefined)).toBeUndefined();
    expect(staleFrom(undefined)).toBeUndefined();
    expect(staleFrom('dataset.versions_behind < 3')).toBeUndefined();
  });

  test('leaves alone what cannot be read', () => {
    expect(withStale('metrics.loss <', 1)).toBe('metrics.loss <');
    expect(staleFrom('metrics.loss <')).toBeUndefined();
  });
});
