import { type LoggedModel, searchLoggedModels } from '@bitacora/protocol';
import { Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { client } from '../../api/client.ts';
import { age, metricText, moment } from '../../app/display.ts';
import { Problem } from '../../app/error-page.tsx';
import { modelsRoute } from '../../app/router.tsx';
import { type Column, VirtualTable } from '../../table/virtual-table.tsx';
import { ExperimentHead } from '../experiments/experiment-head.tsx';
import { modelStatus } from './model-status.ts';

export function LoggedModelsPage() {
  const { experimentId } = modelsRoute.useParams();
  const request = { experiment_ids: [experimentId], max_results: 100 };
  const query = useInfiniteQuery({
    queryKey: [searchLoggedModels.name, request],
    queryFn: ({ pageParam, signal }) =>
      client.call(searchLoggedModels, { ...request, page_token: pageParam }, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_page_token,
    refetchInterval: 10_000,
  });
  const models = query.data?.pages.flatMap((page) => page.models ?? []) ?? [];
  return (
    <main id="main" className="page">
      <ExperimentHead experimentId={experimentId} tab="models" />
      {query.error && <Problem error={query.error} onRetry={() => void query.refetch()} />}
      <VirtualTable
        label="Logged models"
        columns={columns}
        rows={models}
        rowKey={({ info }) => info.model_id}
        isComplete={!query.hasNextPage}
        onEnd={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
        empty={<Text c="dimmed">{query.isPending ? 'Loading…' : 'No models have been logged.'}</Text>}
      />
    </main>
  );
}

const columns: readonly Column<LoggedModel>[] = [
  {
    id: 'name',
    title: 'Model',
    width: 260,
    pinned: true,
    cell: ({ info }) => (
      <Link
        className="plain"
        to="/experiments/$experimentId/models/$modelId"
        params={{ experimentId: info.experiment_id, modelId: info.model_id }}
      >
        {info.name}
      </Link>
    ),
  },
  { id: 'status', title: 'Status', width: 120, cell: ({ info }) => modelStatus(info.status) },
  {
    id: 'created',
    title: 'Created',
    width: 120,
    cell: ({ info }) => (
      <span title={moment(info.creation_timestamp_ms)}>{age(info.creation_timestamp_ms)}</span>
    ),
  },
  { id: 'type', title: 'Type', width: 140, cell: ({ info }) => info.model_type },
  {
    id: 'run',
    title: 'Source run',
    width: 280,
    cell: ({ info }) =>
      info.source_run_id ? (
        <Link
          className="plain"
          to="/experiments/$experimentId/runs/$runId"
          params={{ experimentId: info.experiment_id, runId: info.source_run_id }}
        >
          {info.source_run_id}
        </Link>
      ) : null,
  },
  {
    id: 'metrics',
    title: 'Metrics',
    width: 420,
    cell: ({ data }) =>
      data.metrics
        ?.slice(0, 4)
        .map(({ key, value }) => `${key} ${metricText(value)}`)
        .join(', '),
  },
];
