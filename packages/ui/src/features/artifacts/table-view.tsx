import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ErrorState } from '../../errors/error-state.tsx';
import { countText, plural } from '../../format/number.ts';
import classes from './artifact-browser.module.css';
import type { ViewerProps } from './file-view.tsx';
import { joinPages } from './row-pages.ts';
import { RowsGrid } from './rows-grid.tsx';

const ROWS = 200;
const COLUMNS = 100;

/** A table of any size: rows are fetched as they are scrolled to, columns some at a time. */
export function TableView({ path, previews, preview }: ViewerProps) {
  const [firstColumn, setFirstColumn] = useState(0);
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['artifact-rows', previews.key, path, preview.etag, firstColumn],
    queryFn: ({ pageParam, signal }) =>
      previews.rows(
        { path, page_token: pageParam, max_results: ROWS, first_column: firstColumn, max_columns: COLUMNS },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const joined = useMemo(() => joinPages(data?.pages ?? []), [data]);
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <p className={classes.hint}>Loading…</p>;
  const [first] = data.pages;
  const columnCount = Math.max(...data.pages.map((page) => Number(page.column_count)));
  const shownColumns = first?.columns.length ?? 0;
  const problems = data.pages.flatMap((page) => page.problems);
  return (
    <>
      <RowsGrid
        label="Table"
        header={joined.columns.map(({ name }) => name)}
        types={joined.columns.map(({ type }) => type)}
        rows={joined.rows}
        hasMore={hasNextPage}
        onNearEnd={() => {
          if (!isFetchingNextPage && !error) void fetchNextPage();
        }}
      />
      {error && <ErrorState error={error} onRetry={() => void fetchNextPage()} />}
      <div className={classes.more}>
        <span className="dim" role="status">
          {rowsText(joined.rows.length, hasNextPage, first?.row_count)}, {plural(columnCount, 'column')}
        </span>
        {problems.length > 0 && (
          <span className="dim" title={problems.slice(0, 20).join('\n')}>
            {plural(problems.length, 'row')} with a problem: {problems[0]}
          </span>
        )}
        {(firstColumn > 0 || firstColumn + shownColumns < columnCount) && shownColumns > 0 && (
          <>
            <Button
              variant="default"
              size="compact-xs"
              disabled={firstColumn === 0}
              onClick={() => setFirstColumn(Math.max(0, firstColumn - COLUMNS))}
            >
              Columns before
            </Button>
            <span className="dim">
              Columns {countText(firstColumn + 1)} to {countText(firstColumn + shownColumns)}
            </span>
            <Button
              variant="default"
              size="compact-xs"
              disabled={firstColumn + shownColumns >= columnCount}
              onClick={() => setFirstColumn(firstColumn + shownColumns)}
            >
              Further columns
            </Button>
          </>
        )}
      </div>
    </>
  );
}

function rowsText(loaded: number, hasMore: boolean, count: unknown): string {
  if (!hasMore) return plural(loaded, 'row');
  return count === undefined
    ? `The first ${plural(loaded, 'row')}`
    : `The first ${countText(loaded)} of ${plural(Number(count), 'row')}`;
}
