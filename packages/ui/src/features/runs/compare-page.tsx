import { type Run, searchRuns } from '@bitacora/protocol';
import { SegmentedControl, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { endpointQuery } from '../../api/endpoint-query.ts';
import { PagePlace } from '../../app/breadcrumb.tsx';
import { NotFound } from '../../app/not-found-page.tsx';
import { PageSkeleton } from '../../app/page-skeleton.tsx';
import { ErrorState } from '../../errors/error-state.tsx';
import { plural } from '../../format/number.ts';
import type { Column } from '../../table/column.ts';
import { Grid } from '../../table/grid.tsx';
import pageClasses from '../../table/table-page.module.css';
import { MetricValue } from '../metrics/metric-value.tsx';
import { readIds } from './compare-location.ts';
import { type ComparedRow, comparedRows } from './compared-rows.ts';
import { indexOf, isUnfinished, runName } from './run-data.ts';

const RunCharts = lazy(async () => ({ default: (await import('../metrics/run-charts.tsx')).RunCharts }));

/** The most runs that one page and one request for their charts can take. */
const MOST_RUNS = 100;
const LIVE_MS = 5_000;

/** Some runs side by side: what they have in common left out, or their metrics over each other. */
export function ComparePage() {
  const search = useSearch({ from: '/compare-runs' });
  const navigate = useNavigate({ from: '/compare-runs' });
  const [view, setView] = useState(search.metric === undefined ? 'values' : 'charts');
  const ids = useMemo(() => readIds(search.runs).slice(0, MOST_RUNS), [search.runs]);
  const experiments = useMemo(() => readIds(search.experiments), [search.experiments]);
  const { data, error, refetch } = useQuery({
    ...endpointQuery(searchRuns, {
      experiment_ids: experiments,
      filter: `attributes.run_id IN (${ids.map((id) => `'${id.replaceAll("'", '')}'`).join(', ')})`,
      run_view_type: 'ALL',
      max_results: MOST_RUNS,
    }),
    enabled: ids.length > 0,
    refetchInterval: ({ state }) => (state.data?.runs?.some(isUnfinished) ? LIVE_MS : false),
  });
  const runs = useMemo(() => inOrderOf(ids, data?.runs ?? []), [ids, data]);
  const isDiffOnly = search.diff !== 'off';
  const rows = useMemo(() => comparedRows(runs, isDiffOnly), [runs, isDiffOnly]);
  const columns = useMemo(() => [keyColumn, ...runs.map(runColumn)], [runs]);

  if (ids.length === 0) {
    return (
      <NotFound title="No runs to compare">
        <p>The address names no runs. Tick some in the table of an experiment and choose Compare.</p>
      </NotFound>
    );
  }
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <PageSkeleton />;
  const missing = ids.length - runs.length;
  return (
    <div className={pageClasses.page}>
      <PagePlace
        crumbs={[
          { label: 'Experiments', to: '/experiments' },
          { label: `Compare ${plural(runs.length, 'run')}` },
        ]}
      />
      <div className={pageClasses.heading}>
        <h1>Compare {plural(runs.length, 'run')}</h1>
        {missing > 0 && <span className="dim">{plural(missing, 'run')} of this link cannot be found.</span>}
      </div>
      <div className={pageClasses.toolbar}>
        <SegmentedControl
          size="xs"
          aria-label="View"
          data={[
            { value: 'values', label: 'Values' },
            { value: 'charts', label: 'Charts' },
          ]}
          value={view}
          onChange={setView}
        />
        {view === 'values' && (
          <Switch
            size="xs"
            label="Only what differs"
            checked={isDiffOnly}
            onChange={(event) =>
              void navigate({ search: { ...search, diff: event.currentTarget.checked ? undefined : 'off' } })
            }
            style={{ alignSelf: 'center' }}
          />
        )}
      </div>
      {view === 'charts' ? (
        <Suspense fallback={<PageSkeleton />}>
          <RunCharts runs={runs} isSelection onlyMetric={search.metric} />
        </Suspense>
      ) : (
        <div className={pageClasses.table}>
          <Grid
            label="Compared runs"
            rows={rows}
            rowKey={({ kind, key }) => `${kind} ${key}`}
            columns={columns}
            empty={<p>These runs do not differ.</p>}
          />
        </div>
      )}
    </div>
  );
}

function inOrderOf(ids: readonly string[], runs: readonly Run[]): readonly Run[] {
  const byId = new Map(runs.map((run) => [run.info.run_id, run]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

const KIND_NAMES = { attributes: '', metrics: 'metric', params: 'param', tags: 'tag' } as const;

const keyColumn: Column<ComparedRow> = {
  id: 'key',
  title: 'Key',
  width: 240,
  pinned: true,
  cell: ({ kind, key }) => (
    <>
      {key} <span className="dim">{KIND_NAMES[kind]}</span>
    </>
  ),
};

function runColumn(run: Run): Column<ComparedRow> {
  return {
    id: run.info.run_id,
    title: runName(run),
    width: 190,
    align: 'end',
    cell: ({ kind, key }) => {
      if (kind === 'metrics') return <MetricValue value={indexOf(run).metrics.get(key)} />;
      if (kind !== 'attributes') return indexOf(run)[kind].get(key);
      return key === 'run' ? (
        <Link
          to="/experiments/$experimentId/runs/$runId"
          params={{ experimentId: run.info.experiment_id, runId: run.info.run_id }}
        >
          {runName(run)}
        </Link>
      ) : (
        run.info.status.toLowerCase()
      );
    },
  };
}
