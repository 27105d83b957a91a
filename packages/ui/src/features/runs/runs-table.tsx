import { Button, Group, Menu, SegmentedControl } from '@mantine/core';
import { lazy, Suspense, useDeferredValue, useMemo, useState } from 'react';
import { PageSkeleton } from '../../app/page-skeleton.tsx';
import { ErrorState } from '../../errors/error-state.tsx';
import { FilterBox } from '../../filter-box/filter-box.tsx';
import { countText, plural } from '../../format/number.ts';
import { ChartIcon, ClockIcon, SaveIcon, TableIcon } from '../../icons/icons.tsx';
import { Grid } from '../../table/grid.tsx';
import pageClasses from '../../table/table-page.module.css';
import { staleFrom, withStale } from '../delta-tables/stale-filter.ts';
import { StaleMenu } from '../delta-tables/stale-menu.tsx';
import { readsTables, StalenessProvider } from '../delta-tables/staleness.tsx';
import { ColumnPicker } from './column-picker.tsx';
import { canonicalColumnId, runColumns } from './columns.tsx';
import { downloadCsv } from './csv-export.ts';
import { useLiveRuns } from './live.ts';
import {
  DEFAULT_RUN_ORDER,
  type RunsSearch,
  START_TIMES,
  type StartTime,
  toRunsRequest,
} from './location.ts';
import { flattened } from './pages.ts';
import { useSearchRunPages } from './queries.ts';
import { keysOf, runName } from './run-data.ts';
import { SelectionBar } from './selection-bar.tsx';
import { useShownColumns } from './shown-columns.ts';

const RunCharts = lazy(async () => ({ default: (await import('../metrics/run-charts.tsx')).RunCharts }));

interface RunsTableProps {
  readonly experimentIds: readonly string[];
  readonly search: RunsSearch;
  readonly onSearch: (search: RunsSearch) => void;
}

/** The runs of some experiments: filter, table or charts, and what can be done to those ticked. */
export function RunsTable({ experimentIds, search, onSearch }: RunsTableProps) {
  // The moment counts when the address changes, not at every render: it is part of the request.
  // biome-ignore lint/correctness/useExhaustiveDependencies: One experiment's table is one component.
  const request = useMemo(() => toRunsRequest(experimentIds, search, Date.now()), [search]);
  const {
    data,
    error,
    isPlaceholderData,
    isFetching,
    isFetchingNextPage,
    hasNextPage,
    fetchNextPage,
    refetch,
  } = useSearchRunPages(request);
  const runs = useMemo(() => flattened(data), [data]);
  useLiveRuns(request, data && !isPlaceholderData ? runs : undefined);

  const keys = useMemo(() => keysOf(runs), [runs]);
  const columnState = useShownColumns(experimentIds.join(','), data ? runs : undefined);
  const columns = useMemo(() => runColumns(columnState.ids), [columnState.ids]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const ticked = useMemo(() => runs.filter(({ info }) => selected.has(info.run_id)), [runs, selected]);
  const chartRuns = useDeferredValue(ticked.length > 0 ? ticked : runs);

  const isTrash = search.lifecycleFilter === 'Deleted';
  const isCharts = search.compareRunsMode === 'CHART';
  const sort = {
    id: canonicalColumnId(search.orderByKey ?? DEFAULT_RUN_ORDER.id),
    ascending: search.orderByAsc ?? DEFAULT_RUN_ORDER.ascending,
  };
  const isFiltered = search.searchFilter !== undefined || search.startTime !== undefined;
  // The order is made of the same words as the filter; a refusal may be about either.
  const refusal = error && !data ? error : error && isPlaceholderData ? error : undefined;

  return (
    <div className={pageClasses.page}>
      <div className={pageClasses.toolbar}>
        <FilterBox
          label="Filter runs"
          placeholder="metrics.loss < 0.5 AND params.model = 'cnn'"
          target="runs"
          value={search.searchFilter ?? ''}
          keys={keys}
          onApply={(searchFilter) => onSearch({ ...search, searchFilter })}
          serverError={refusal && search.searchFilter !== undefined ? refusal.message : undefined}
        />
        <Group gap={8} wrap="wrap">
          <StartTimeMenu
            value={search.startTime}
            onChange={(startTime) => onSearch({ ...search, startTime })}
          />
          {(staleFrom(search.searchFilter) !== undefined || runs.some(readsTables)) && (
            <StaleMenu
              value={staleFrom(search.searchFilter)}
              onChange={(from) => onSearch({ ...search, searchFilter: withStale(search.searchFilter, from) })}
            />
          )}
          <SegmentedControl
            size="xs"
            aria-label="Which runs"
            data={[
              { value: 'Active', label: 'Active' },
              { value: 'Deleted', label: 'Deleted' },
            ]}
            value={search.lifecycleFilter ?? 'Active'}
            onChange={(value) => {
              setSelected(new Set());
              onSearch({ ...search, lifecycleFilter: value === 'Deleted' ? value : undefined });
            }}
          />
          <SegmentedControl
            size="xs"
            aria-label="View"
            data={[
              { value: 'TABLE', label: <ViewLabel icon={<TableIcon size={13} />} text="Table" /> },
              { value: 'CHART', label: <ViewLabel icon={<ChartIcon size={13} />} text="Charts" /> },
            ]}
            value={isCharts ? 'CHART' : 'TABLE'}
            onChange={(value) =>
              onSearch({ ...search, compareRunsMode: value === 'CHART' ? value : undefined })
            }
          />
          <ColumnPicker keys={keys} state={columnState} />
          <Button
            variant="default"
            leftSection={<SaveIcon size={14} />}
            disabled={runs.length === 0}
            onClick={() => downloadCsv(runs)}
            title="The loaded runs with all their metrics, params and tags"
          >
            CSV
          </Button>
        </Group>
      </div>
      {selected.size > 0 && (
        <SelectionBar
          runs={ticked}
          count={selected.size}
          isTrash={isTrash}
          onClear={() => setSelected(new Set())}
        />
      )}
      {refusal && search.searchFilter === undefined ? (
        <ErrorState error={refusal} onRetry={() => void refetch()} />
      ) : data ? (
        <>
          {isCharts ? (
            <Suspense fallback={<PageSkeleton />}>
              <RunCharts runs={chartRuns} isSelection={ticked.length > 0} />
            </Suspense>
          ) : (
            <div className={pageClasses.table} data-stale={(isPlaceholderData && isFetching) || undefined}>
              <StalenessProvider experimentId={experimentIds[0] ?? ''} runs={runs}>
                <Grid
                  label="Runs"
                  rows={runs}
                  rowKey={({ info }) => info.run_id}
                  rowName={runName}
                  columns={columns}
                  sort={sort}
                  onSort={(id) =>
                    onSearch({
                      ...search,
                      orderByKey: id,
                      orderByAsc: sort.id === id ? !sort.ascending : id === 'attributes.run_name',
                    })
                  }
                  selection={{ keys: selected, onChange: setSelected }}
                  widths={columnState.widths}
                  onResize={columnState.resize}
                  hasMore={hasNextPage}
                  onNearEnd={() => {
                    if (!isFetchingNextPage && !isPlaceholderData) void fetchNextPage();
                  }}
                  empty={<p>{emptyText(isFiltered, isTrash)}</p>}
                />
              </StalenessProvider>
            </div>
          )}
          <p className={pageClasses.footer} role="status">
            <span>
              {hasNextPage ? `${countText(runs.length)} runs loaded, more below` : plural(runs.length, 'run')}
            </span>
            {isFetchingNextPage && <span>Loading more…</span>}
          </p>
        </>
      ) : refusal ? null : (
        <PageSkeleton />
      )}
    </div>
  );
}

function emptyText(isFiltered: boolean, isTrash: boolean): string {
  if (isFiltered) return 'No run matches the filter.';
  return isTrash
    ? 'No run of this experiment is in the trash.'
    : 'Nothing has been logged to this experiment yet.';
}

function ViewLabel({ icon, text }: { readonly icon: React.ReactNode; readonly text: string }) {
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 5 }}>
      {icon}
      {text}
    </span>
  );
}

interface StartTimeMenuProps {
  readonly value: StartTime | undefined;
  readonly onChange: (value: StartTime | undefined) => void;
}

function StartTimeMenu({ value, onChange }: StartTimeMenuProps) {
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="default" leftSection={<ClockIcon size={14} />} aria-label="Started">
          {value === undefined ? 'Any time' : START_TIMES[value].label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => onChange(undefined)}>Any time</Menu.Item>
        {(Object.keys(START_TIMES) as StartTime[]).map((key) => (
          <Menu.Item key={key} onClick={() => onChange(key)}>
            {START_TIMES[key].label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
