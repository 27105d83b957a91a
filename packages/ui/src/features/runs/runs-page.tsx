import { deleteRun, restoreRun } from '@bitacora/protocol';
import { Button, Group, SegmentedControl, Text } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useWrite } from '../../api/use-call.ts';
import { Problem } from '../../app/error-page.tsx';
import { type RunsSearch, runsRoute } from '../../app/router.tsx';
import { type Sort, VirtualTable } from '../../table/virtual-table.tsx';
import { ExperimentHead } from '../experiments/experiment-head.tsx';
import { ColumnChoice } from './column-choice.tsx';
import { defaultColumns, keyColumns, runColumns } from './columns.tsx';
import { download, toCsv } from './csv.ts';
import { FilterBox } from './filter-box.tsx';
import { useRuns } from './use-runs.ts';

const MetricCharts = lazy(() =>
  import('../metrics/metric-charts.tsx').then(({ MetricCharts }) => ({ default: MetricCharts })),
);

/** Charts of more runs than this are unreadable, and one call can ask for no more. */
const MOST_DRAWN = 30;

const ATTRIBUTES = [
  'attributes.status',
  'attributes.run_name',
  'attributes.start_time',
  'attributes.end_time',
  'attributes.user_id',
  'dataset.name',
];

export function RunsPage() {
  const { experimentId } = runsRoute.useParams();
  const search = runsRoute.useSearch();
  const navigate = runsRoute.useNavigate();
  const { runs, error, hasNextPage, isFetchingNextPage, isPending, fetchNextPage, refetch } = useRuns(
    experimentId,
    search,
  );
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen, forget] = useLocalStorage<readonly string[]>({
    key: `bitacora.columns.${experimentId}`,
  });
  const keys = useMemo(() => keyColumns(runs), [runs]);
  const shown = useMemo(() => new Set(chosen ?? defaultColumns(runs, keys)), [chosen, runs, keys]);
  const columns = useMemo(() => runColumns(keys, shown), [keys, shown]);
  const isChart = search.compareRunsMode === 'CHART';
  const picked = runs.filter(({ info }) => selected.has(info.run_id));

  const change = (next: RunsSearch) => void navigate({ search: { ...search, ...next } });
  const sort: Sort | undefined = search.orderByKey
    ? { id: search.orderByKey, ascending: search.orderByAsc ?? false }
    : undefined;
  return (
    <main id="main" className="page">
      <ExperimentHead experimentId={experimentId} tab={isChart ? 'charts' : 'runs'} />
      <Group align="flex-start">
        <FilterBox
          value={search.searchFilter ?? ''}
          onSearch={(searchFilter) => change({ searchFilter })}
          names={[...keys.map(({ id }) => id), ...ATTRIBUTES]}
        />
        <SegmentedControl
          size="xs"
          aria-label="State"
          value={search.lifecycleFilter ?? 'Active'}
          onChange={(value) => change({ lifecycleFilter: value === 'Deleted' ? 'Deleted' : 'Active' })}
          data={['Active', 'Deleted']}
        />
        <ColumnChoice keys={keys} shown={shown} onChange={setChosen} onReset={forget} />
        <Button
          size="xs"
          variant="default"
          disabled={runs.length === 0}
          onClick={() =>
            download(`runs-${experimentId}.csv`, 'text/csv', toCsv(picked.length > 0 ? picked : runs, keys))
          }
        >
          CSV
        </Button>
        <SelectedActions
          selected={selected}
          isDeleted={search.lifecycleFilter === 'Deleted'}
          onDone={() => setSelected(new Set())}
          onCompare={() => change({ compareRunsMode: 'CHART' })}
        />
      </Group>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {isChart ? (
        <Suspense fallback={<Text c="dimmed">Loading…</Text>}>
          <MetricCharts
            runs={(picked.length > 0 ? picked : runs).slice(0, MOST_DRAWN)}
            total={picked.length > 0 ? picked.length : runs.length}
          />
        </Suspense>
      ) : (
        <VirtualTable
          label="Runs"
          columns={columns}
          rows={runs}
          rowKey={({ info }) => info.run_id}
          sort={sort}
          onSort={({ id, ascending }) => change({ orderByKey: id, orderByAsc: ascending })}
          selection={{ selected, onChange: setSelected }}
          isComplete={!hasNextPage}
          onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined}
          empty={<Empty isPending={isPending} isFiltered={Boolean(search.searchFilter)} />}
        />
      )}
      <Text size="xs" c="dimmed" role="status">
        {runs.length} run{runs.length === 1 ? '' : 's'} loaded{hasNextPage ? ', more when you scroll' : ''}
        {selected.size > 0 ? `, ${selected.size} selected` : ''}
      </Text>
    </main>
  );
}

function Empty({ isPending, isFiltered }: { readonly isPending: boolean; readonly isFiltered: boolean }) {
  if (isPending) return <Text c="dimmed">Loading…</Text>;
  if (isFiltered) return <Text c="dimmed">No run matches the filter.</Text>;
  return <Text c="dimmed">No runs yet. Log one with mlflow.start_run(), and it appears here by itself.</Text>;
}

interface SelectedProps {
  readonly selected: ReadonlySet<string>;
  readonly isDeleted: boolean;
  readonly onDone: () => void;
  readonly onCompare: () => void;
}

function SelectedActions({ selected, isDeleted, onDone, onCompare }: SelectedProps) {
  const remove = useWrite(deleteRun);
  const restore = useWrite(restoreRun);
  if (selected.size === 0) return null;
  const each = isDeleted ? restore : remove;
  const run = async () => {
    await Promise.all([...selected].map((run_id) => each.mutateAsync({ run_id })));
    onDone();
  };
  return (
    <Group gap="xs">
      <Button size="xs" variant="light" onClick={onCompare}>
        Compare
      </Button>
      <Button
        size="xs"
        variant="light"
        color={isDeleted ? 'sea' : 'red'}
        loading={each.isPending}
        onClick={() => void run()}
      >
        {isDeleted ? 'Restore' : 'Move to trash'}
      </Button>
    </Group>
  );
}
