import { parseFilter } from '@bitacora/search';
import { describe, expect, test } from 'vitest';
import { readRunsSearch, toRunsRequest } from './location.ts';

const NOW = 1_700_000_012_345;

describe('the address of a runs table', () => {
  test('takes one that MLflow has written in full and keeps what differs from the default', () => {
    const search = readRunsSearch({
      searchFilter: '',
      orderByKey: 'attributes.start_time',
      orderByAsc: 'false',
      startTime: 'ALL',
      lifecycleFilter: 'Active',
      modelVersionFilter: 'All Runs',
      datasetsFilter: 'W10=',
    });
    expect(Object.values(search).every((value) => value === undefined)).toBe(true);
  });

  test('takes the data sets of one that MLflow has written into the filter, once', () => {
    const datasetsFilter = btoa(JSON.stringify([{ name: 'wine', digest: 'a1', context: 'training' }]));
    const search = readRunsSearch({ searchFilter: 'metrics.loss < 1', datasetsFilter });
    const searchFilter = "metrics.loss < 1 AND dataset.name = 'wine' AND dataset.digest = 'a1'";
    expect(search).toMatchObject({ searchFilter, datasetsFilter: undefined });
    expect(readRunsSearch({ ...search }).searchFilter).toBe(searchFilter);
  });

  test('keeps an order that differs, backticks and all', () => {
    const search = readRunsSearch({ orderByKey: 'metrics.`val/acc`', orderByAsc: 'false' });
    expect(search).toMatchObject({ orderByKey: 'metrics.`val/acc`', orderByAsc: false });
    expect(toRunsRequest(['1'], search, NOW).order_by).toEqual(['metrics.`val/acc` DESC']);
  });

  test('is read again from its own values', () => {
    const search = readRunsSearch({
      orderByKey: 'params.lr',
      orderByAsc: 'true',
      lifecycleFilter: 'Deleted',
    });
    expect(readRunsSearch({ ...search })).toEqual(search);
  });
});

describe('the request', () => {
  test('joins the filter and the start time', () => {
    const search = readRunsSearch({ searchFilter: 'metrics.loss < 1', startTime: 'LAST_HOUR' });
    const { filter } = toRunsRequest(['1'], search, NOW);
    expect(parseFilter('runs', filter)).toHaveLength(2);
    expect(toRunsRequest(['1'], search, NOW + 5_000).filter).toBe(filter);
  });

  test('has no filter where none is asked for', () => {
    expect(toRunsRequest(['1'], readRunsSearch({}), NOW)).not.toHaveProperty('filter');
  });
});
