import { PageSkeleton } from '../app/page-skeleton.tsx';
import { ErrorState } from '../errors/error-state.tsx';
import { countText, plural } from '../format/number.ts';
import { Grid, type GridProps } from './grid.tsx';
import pageClasses from './table-page.module.css';

/** What a list that comes in pages says of itself; the answer of `useInfiniteQuery` is one. */
interface PagedList {
  readonly error: Error | null;
  readonly refetch: () => unknown;
  readonly hasNextPage: boolean;
  readonly fetchNextPage: () => unknown;
  readonly isFetchingNextPage: boolean;
  readonly isPlaceholderData: boolean;
}

interface PagedGridProps<Row>
  extends Pick<GridProps<Row>, 'label' | 'rowKey' | 'columns' | 'sort' | 'onSort' | 'empty'> {
  readonly list: PagedList;
  /** Undefined until the first page has come. */
  readonly rows: readonly Row[] | undefined;
  /** What a row is, for the count below: `data set`. */
  readonly thing: string;
}

/** A table that fills the page and fetches more as one scrolls, with a count below. */
export function PagedGrid<Row>({ list, rows, thing, ...grid }: PagedGridProps<Row>) {
  const { error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isPlaceholderData } = list;
  if (!rows) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <PageSkeleton />;
  return (
    <>
      <div className={pageClasses.table} data-stale={isPlaceholderData || undefined}>
        <Grid
          {...grid}
          rows={rows}
          hasMore={hasNextPage}
          onNearEnd={() => {
            if (!isFetchingNextPage) void fetchNextPage();
          }}
        />
      </div>
      <p className={pageClasses.footer} role="status">
        {hasNextPage ? `${countText(rows.length)} loaded, more below` : plural(rows.length, thing)}
      </p>
    </>
  );
}
