import { describe, expect, test } from 'vitest';
import { parseSearchText, writeSearchText } from './search-text.ts';

describe('the query of an address', () => {
  test('gives back what it was given, quotes and percent signs included', () => {
    const search = { searchFilter: "metrics.`val/acc` > 0.9 AND tags.a LIKE '50%&+'", orderByAsc: 'true' };
    expect(parseSearchText(writeSearchText(search))).toEqual(search);
  });

  test('leaves out what is not set', () => {
    expect(writeSearchText({ searchFilter: '', startTime: undefined })).toBe('');
  });

  test('reads plus signs as spaces, as MLflow writes them', () => {
    expect(parseSearchText('?modelVersionFilter=All+Runs')).toEqual({ modelVersionFilter: 'All Runs' });
  });
});
