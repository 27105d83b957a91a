import { parseFilter } from '@bitacora/search';
import { describe, expect, test } from 'vitest';
import { nameFilter, readExperimentsSearch } from './location.ts';

describe('the address of the experiments list', () => {
  test('says nothing about what is the default anyway', () => {
    const search = readExperimentsSearch({
      searchFilter: '',
      lifecycleFilter: 'Active',
      orderByKey: 'creation_time',
      orderByAsc: 'false',
    });
    expect(Object.values(search).every((value) => value === undefined)).toBe(true);
  });

  test('ignores what it does not know', () => {
    expect(
      readExperimentsSearch({ orderByKey: 'tags.x', lifecycleFilter: 'Gone' }).orderByKey,
    ).toBeUndefined();
  });
});

describe('the search for a name', () => {
  test.each(['churn', "Ana's", 'a "b"', `both ' and "`])('makes a filter that can be read: %s', (words) => {
    expect(parseFilter('experiments', nameFilter(words))).toHaveLength(1);
  });

  test('blank words search nothing', () => expect(nameFilter('  ')).toBeUndefined());
});
