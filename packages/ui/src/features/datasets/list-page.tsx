import type { RunDatasetSummary } from '@bitacora/protocol';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { plural } from '../../format/number.ts';
import { TimeAgo } from '../../format/time-ago.tsx';
import type { Column } from '../../table/column.ts';
import { PagedGrid } from '../../table/paged-grid.tsx';
import pageClasses from '../../table/table-page.module.css';
import chipClasses from './dataset-chips.module.css';
import { ContextLabel } from './dataset-chips.tsx';
import { DatasetLink } from './dataset-link.tsx';
import { DatasetsToolbar } from './datasets-toolbar.tsx';
import { datasetFilter } from './location.ts';
import { useListRunDatasets } from './queries.ts';
import { kindOf } from './source.ts';

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
  const list = useListRunDatasets(experimentId, searchFilter);
  const datasets = useMemo(() => list.data?.pages.flatMap((page) => page.datasets ?? []), [list.data]);
  const columns = useMemo(() => columnsOf(experimentId), [experimentId]);
  return (
    <div className={pageClasses.page}>
      <DatasetsToolbar
        experimentId={experimentId}
        shown="datasets"
        words={searchFilter}
        onWords={(words) =>
          void navigate({ search: (old) => ({ ...old, searchFilter: words }), replace: true })
        }
      />
      <PagedGrid
        list={list}
        rows={datasets}
        thing="data set"
        label="Datasets"
        rowKey={({ name, digest }) => `${digest} ${name}`}
        columns={columns}
        empty={
          <p>
            {searchFilter === undefined
              ? 'No run of this experiment has logged a data set yet.'
              : 'No data set has this in its name.'}
          </p>
        }
      />
    </div>
  );
}
