import type { RunDatasetSummary } from '@bitacora/protocol';
import { TextInput } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo, useRef } from 'react';
import { PageSkeleton } from '../../app/page-skeleton.tsx';
import { ErrorState } from '../../errors/error-state.tsx';
import { countText, plural } from '../../format/number.ts';
import { TimeAgo } from '../../format/time-ago.tsx';
import { SearchIcon } from '../../icons/icons.tsx';
import type { Column } from '../../table/column.ts';
import { Grid } from '../../table/grid.tsx';
import pageClasses from '../../table/table-page.module.css';
import chipClasses from './dataset-chips.module.css';
import { ContextLabel } from './dataset-chips.tsx';
import { DatasetLink } from './dataset-link.tsx';
import { datasetFilter } from './location.ts';
import { useListRunDatasets } from './queries.ts';
import { kindOf } from './source.ts';

const TYPING_PAUSE_MS = 250;

const columnsOf = (experimentId: string): readonly Column<RunDatasetSummary>[] => [
  {
    id: 'name',
    title: 'Dataset',
    width: 280,
    pinned: true,
    cell: (dataset) => <DatasetLink dataset={dataset}>{dataset.name || <em>unnamed</em>}</DatasetLink>,
  },
  {
    id: 'digest',
    title: 'Digest',
    width: 130,
    cell: ({ digest }) => <span className="mono">{digest}</span>,
  },
  { id: 'source_type', title: 'Source', width: 150, cell: ({ source_type }) => kindOf(source_type) },
  {
    id: 'contexts',
    title: 'Read for',
    width: 230,
    cell: ({ contexts = [] }) => (
      <span className={chipClasses.chips}>
        {contexts.map((context) => (
          <ContextLabel key={context} context={context} />
        ))}
      </span>
    ),
  },
  {
    id: 'run_count',
    title: 'Runs',
    width: 100,
    align: 'end',
    cell: ({ name, digest, run_count }) => (
      <Link
        to="/experiments/$experimentId/runs"
        params={{ experimentId }}
        search={{ searchFilter: datasetFilter({ name, digest }) }}
        preload={false}
        title="Show the runs that have read it"
      >
        {plural(Number(run_count), 'run')}
      </Link>
    ),
  },
  {
    id: 'last_run_time',
    title: 'Newest run',
    width: 130,
    cell: ({ last_run_time }) => <TimeAgo at={last_run_time} />,
  },
];

/** What the runs of an experiment have read. */
export function DatasetsPage() {
  const { experimentId } = useParams({ from: '/experiments/$experimentId/datasets' });
  const { searchFilter } = useSearch({ from: '/experiments/$experimentId/datasets' });
  const navigate = useNavigate({ from: '/experiments/$experimentId/datasets' });
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isPlaceholderData } =
    useListRunDatasets(experimentId, searchFilter);
  const datasets = useMemo(() => data?.pages.flatMap((page) => page.datasets ?? []) ?? [], [data]);
  const columns = useMemo(() => columnsOf(experimentId), [experimentId]);
  const box = useRef<HTMLInputElement>(null);
  const find = useDebouncedCallback(
    (words: string) =>
      void navigate({ search: (old) => ({ ...old, searchFilter: words || undefined }), replace: true }),
    TYPING_PAUSE_MS,
  );
  useHotkeys([['/', () => box.current?.focus()]]);
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <div className={pageClasses.page}>
      <div className={pageClasses.toolbar}>
        <TextInput
          ref={box}
          className={pageClasses.grow ?? ''}
          size="xs"
          type="search"
          aria-label="Search data sets by name"
          placeholder="Search by name"
          leftSection={<SearchIcon size={14} />}
          defaultValue={searchFilter ?? ''}
          onChange={(event) => find(event.currentTarget.value)}
        />
      </div>
      {data ? (
        <>
          <div className={pageClasses.table} data-stale={isPlaceholderData || undefined}>
            <Grid
              label="Datasets"
              rows={datasets}
              rowKey={({ name, digest }) => `${digest} ${name}`}
              columns={columns}
              hasMore={hasNextPage}
              onNearEnd={() => {
                if (!isFetchingNextPage) void fetchNextPage();
              }}
              empty={
                <p>
                  {searchFilter === undefined
                    ? 'No run of this experiment has logged a data set yet.'
                    : 'No data set has this in its name.'}
                </p>
              }
            />
          </div>
          <p className={pageClasses.footer} role="status">
            {hasNextPage
              ? `${countText(datasets.length)} loaded, more below`
              : plural(datasets.length, 'data set')}
          </p>
        </>
      ) : (
        <PageSkeleton />
      )}
    </div>
  );
}
