import { describe, expect, test } from 'vitest';
import { flattened, freshened, type RunPages } from './pages.ts';
import { buildRun } from './run-builder.ts';

const pagesOf = (...pages: readonly (readonly string[])[]): RunPages => ({
  pages: pages.map((ids) => ({ runs: ids.map((id) => buildRun(id)), next_page_token: 'more' })),
  pageParams: pages.map(() => undefined),
});
const head = (...ids: readonly string[]) => ({
  runs: ids.map((id) => buildRun(id)),
  next_page_token: 'more',
});
const ids = (pages: RunPages) => flattened(pages).map(({ info }) => info.run_id);

describe('a table kept fresh', () => {
  test('new runs come first and none is lost or shown twice when pages shift', () => {
    expect(ids(freshened(pagesOf(['3', '2'], ['1', '0']), head('5', '4'), []))).toEqual([
      '5',
      '4',
      '3',
      '2',
      '1',
      '0',
    ]);
    expect(ids(freshened(pagesOf(['3', '2'], ['1']), head('4', '3'), []))).toEqual(['4', '3', '2', '1']);
  });

  test('a run that was followed is shown in its latest state, at its place', () => {
    const latest = buildRun('1', { params: { done: 'yes' } });
    expect(flattened(freshened(pagesOf(['3'], ['2', '1']), head('3'), [latest]))[2]).toBe(latest);
  });

  test('what is gone leaves when the head is all there is', () => {
    expect(ids(freshened(pagesOf(['3', '2']), { runs: [buildRun('3')] }, []))).toEqual(['3']);
  });

  test('a run in two pages is one row', () =>
    expect(ids(pagesOf(['2', '1'], ['1', '0']))).toEqual(['2', '1', '0']));
});
