import type { LoggedModel } from '@bitacora/protocol';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { TimeAgo } from '../../format/time-ago.tsx';
import type { Column, Sort } from '../../table/column.ts';
import { PagedGrid } from '../../table/paged-grid.tsx';
import pageClasses from '../../table/table-page.module.css';
import { TagChips } from '../../tags/tag-chips.tsx';
import { MetricValue } from '../metrics/metric-value.tsx';
import { ModelStatusLabel } from './model-status.tsx';
import { modelName, useSearchLoggedModels } from './queries.ts';

const MOST_METRICS = 6;

const baseColumns: readonly Column<LoggedModel>[] = [
  {
    id: 'name',
    title: 'Model',
    width: 240,
    pinned: true,
    sortable: true,
    cell: (model) => (
      <Link
        to="/experiments/$experimentId/models/$modelId"
        params={{ experimentId: model.info.experiment_id, modelId: model.info.model_id }}
      >
        {modelName(model)}
      </Link>
    ),
  },
  {
    id: 'status',
    title: 'Status',
    width: 130,
    cell: ({ info }) => <ModelStatusLabel status={info.status} />,
  },
  { id: 'model_type', title: 'Type', width: 120, cell: ({ info }) => info.model_type },
  {
    id: 'creation_timestamp',
    title: 'Created',
    width: 120,
    sortable: true,
    cell: ({ info }) => <TimeAgo at={info.creation_timestamp_ms} />,
  },
  {
    id: 'source_run',
    title: 'Source run',
    width: 150,
    cell: ({ info }) =>
      info.source_run_id ? (
        <Link
          className="mono"
          to="/experiments/$experimentId/runs/$runId"
          params={{ experimentId: info.experiment_id, runId: info.source_run_id }}
        >
          {info.source_run_id.slice(0, 12)}
        </Link>
      ) : null,
  },
];

export function LoggedModelsPage() {
  const { experimentId } = useParams({ from: '/experiments/$experimentId/models' });
  const [sort, setSort] = useState<Sort>({ id: 'creation_timestamp', ascending: false });
  const list = useSearchLoggedModels(experimentId, sort);
  const models = useMemo(() => list.data?.pages.flatMap((page) => page.models ?? []), [list.data]);
  const columns = useMemo(() => [...baseColumns, ...metricColumns(models ?? []), tagColumn], [models]);
  return (
    <div className={pageClasses.page}>
      <PagedGrid
        list={list}
        rows={models}
        thing="model"
        label="Logged models"
        rowKey={({ info }) => info.model_id}
        columns={columns}
        sort={sort}
        onSort={(id) => setSort({ id, ascending: sort.id === id ? !sort.ascending : id === 'name' })}
        empty={<p>No model has been logged to this experiment.</p>}
      />
    </div>
  );
}

const tagColumn: Column<LoggedModel> = {
  id: 'tags',
  title: 'Tags',
  width: 200,
  cell: ({ info }) => <TagChips tags={(info.tags ?? []).filter(({ key }) => !key.startsWith('mlflow.'))} />,
};

function metricColumns(models: readonly LoggedModel[]): readonly Column<LoggedModel>[] {
  const keys = [...new Set(models.flatMap(({ data }) => (data.metrics ?? []).map(({ key }) => key)))];
  return keys.slice(0, MOST_METRICS).map((key) => ({
    id: `metrics.${key}`,
    title: key,
    group: 'metric',
    width: 120,
    align: 'end',
    sortable: true,
    cell: ({ data }) => <MetricValue value={data.metrics?.find((metric) => metric.key === key)?.value} />,
  }));
}
