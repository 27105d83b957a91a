import { Button } from '@mantine/core';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { PageSkeleton } from '../../app/page-skeleton.tsx';
import { ErrorState } from '../../errors/error-state.tsx';
import { countText, plural } from '../../format/number.ts';
import { ScrollRegion } from '../../table/scroll-region.tsx';
import pageClasses from '../../table/table-page.module.css';
import { DatasetsToolbar } from '../datasets/datasets-toolbar.tsx';
import { useListDeltaTables } from './queries.ts';
import classes from './table-card.module.css';
import { TableCard } from './table-card.tsx';

/** The Delta tables that runs of an experiment have read, those read last first. */
export function DeltaTablesPage() {
  const { experimentId } = useParams({ from: '/experiments/$experimentId/datasets/delta-tables' });
  const { searchFilter } = useSearch({ from: '/experiments/$experimentId/datasets/delta-tables' });
  const navigate = useNavigate({ from: '/experiments/$experimentId/datasets/delta-tables' });
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isPlaceholderData } =
    useListDeltaTables(experimentId, searchFilter);
  const tables = useMemo(() => data?.pages.flatMap((page) => page.tables) ?? [], [data]);
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <div className={pageClasses.page}>
      <DatasetsToolbar
        experimentId={experimentId}
        shown="delta-tables"
        words={searchFilter}
        onWords={(words) =>
          void navigate({ search: (old) => ({ ...old, searchFilter: words }), replace: true })
        }
      />
      {data ? (
        <>
          <ScrollRegion className={classes.list} aria-label="Delta tables">
            {tables.length === 0 ? (
              <Empty isSearching={searchFilter !== undefined} />
            ) : (
              <div className={classes.cards} data-stale={isPlaceholderData || undefined}>
                {tables.map((found) => (
                  <TableCard key={found.table} experimentId={experimentId} found={found} />
                ))}
                {hasNextPage && (
                  <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                    Show more tables
                  </Button>
                )}
              </div>
            )}
          </ScrollRegion>
          <p className={pageClasses.footer} role="status">
            {hasNextPage
              ? `${countText(tables.length)} loaded, more below`
              : plural(tables.length, 'Delta table')}
          </p>
        </>
      ) : (
        <PageSkeleton />
      )}
    </div>
  );
}

const LOG_A_TABLE = `dataset = mlflow.data.load_delta(path="s3://lake/orders", version=12)
mlflow.log_input(dataset, context="training")`;

function Empty({ isSearching }: { readonly isSearching: boolean }) {
  if (isSearching)
    return (
      <div className={classes.empty}>
        <p>No Delta table has this in its path or name.</p>
      </div>
    );
  return (
    <div className={classes.empty}>
      <p>No run of this experiment has read a Delta table yet.</p>
      <p className="dim">
        Log one as an input of a run, and the version that was read is kept: its columns, rows and statistics,
        and how far the table has moved on since.
      </p>
      <pre>{LOG_A_TABLE}</pre>
    </div>
  );
}
