import type { Experiment } from '@bitacora/protocol';
import { Button, SegmentedControl } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { PagePlace } from '../../app/breadcrumb.tsx';
import { TimeAgo } from '../../format/time-ago.tsx';
import { PlusIcon } from '../../icons/icons.tsx';
import type { Column } from '../../table/column.ts';
import { PagedGrid } from '../../table/paged-grid.tsx';
import { SearchBox } from '../../table/search-box.tsx';
import pageClasses from '../../table/table-page.module.css';
import { TagChips } from '../../tags/tag-chips.tsx';
import { CreateExperiment } from './create-experiment.tsx';
import { ExperimentMenu } from './experiment-menu.tsx';
import { DEFAULT_EXPERIMENT_ORDER, type ExperimentOrder } from './location.ts';
import { NOTE_TAG, ownTags, useSearchExperiments } from './queries.ts';

const columns: readonly Column<Experiment>[] = [
  {
    id: 'name',
    title: 'Name',
    width: 340,
    pinned: true,
    sortable: true,
    cell: ({ experiment_id, name }) => (
      <Link to="/experiments/$experimentId/runs" params={{ experimentId: experiment_id }}>
        {name}
      </Link>
    ),
  },
  {
    id: 'last_update_time',
    title: 'Updated',
    width: 130,
    sortable: true,
    cell: ({ last_update_time }) => <TimeAgo at={last_update_time} />,
  },
  {
    id: 'creation_time',
    title: 'Created',
    width: 130,
    sortable: true,
    cell: ({ creation_time }) => <TimeAgo at={creation_time} />,
  },
  {
    id: 'description',
    title: 'Description',
    width: 320,
    cell: ({ tags }) => (
      <span className="dim">{tags?.find(({ key }) => key === NOTE_TAG)?.value?.split('\n', 1)[0] ?? ''}</span>
    ),
  },
  { id: 'tags', title: 'Tags', width: 260, cell: ({ tags }) => <TagChips tags={ownTags(tags)} /> },
  {
    id: 'experiment_id',
    title: 'Id',
    width: 80,
    align: 'end',
    cell: ({ experiment_id }) => <span className="dim">{experiment_id}</span>,
  },
  {
    id: 'actions',
    title: 'Actions',
    width: 90,
    cell: (experiment) => <ExperimentMenu experiment={experiment} />,
  },
];

export function ExperimentsPage() {
  const search = useSearch({ from: '/experiments' });
  const navigate = useNavigate({ from: '/experiments' });
  const list = useSearchExperiments(search);
  const [isCreating, setCreating] = useState(false);
  const experiments = useMemo(() => list.data?.pages.flatMap((page) => page.experiments ?? []), [list.data]);
  const isTrash = search.lifecycleFilter === 'Deleted';
  const sort = {
    id: search.orderByKey ?? DEFAULT_EXPERIMENT_ORDER.id,
    ascending: search.orderByAsc ?? DEFAULT_EXPERIMENT_ORDER.ascending,
  };

  return (
    <div className={pageClasses.page}>
      <PagePlace crumbs={[{ label: isTrash ? 'Deleted experiments' : 'Experiments' }]} />
      <div className={pageClasses.heading}>
        <h1>{isTrash ? 'Deleted experiments' : 'Experiments'}</h1>
        <Button leftSection={<PlusIcon size={14} />} onClick={() => setCreating(true)}>
          New experiment
        </Button>
      </div>
      <div className={pageClasses.toolbar}>
        <SearchBox
          label="Search experiments by name"
          placeholder="Search by name"
          words={search.searchFilter}
          onWords={(words) => void navigate({ search: { ...search, searchFilter: words }, replace: true })}
        />
        <SegmentedControl
          size="xs"
          aria-label="Which experiments"
          data={[
            { value: 'Active', label: 'Active' },
            { value: 'Deleted', label: 'Deleted' },
          ]}
          value={search.lifecycleFilter ?? 'Active'}
          onChange={(value) =>
            void navigate({ search: { ...search, lifecycleFilter: value === 'Deleted' ? value : undefined } })
          }
        />
      </div>
      <PagedGrid
        list={list}
        rows={experiments}
        thing="experiment"
        label="Experiments"
        rowKey={({ experiment_id }) => experiment_id}
        columns={columns}
        sort={sort}
        onSort={(id) =>
          void navigate({
            search: {
              ...search,
              orderByKey: id as ExperimentOrder,
              orderByAsc: sort.id === id ? !sort.ascending : id === 'name',
            },
          })
        }
        empty={
          <Empty
            isTrash={isTrash}
            isSearching={search.searchFilter !== undefined}
            onCreate={() => setCreating(true)}
          />
        }
      />
      {isCreating && <CreateExperiment onClose={() => setCreating(false)} />}
    </div>
  );
}

interface EmptyProps {
  readonly isTrash: boolean;
  readonly isSearching: boolean;
  readonly onCreate: () => void;
}

function Empty({ isTrash, isSearching, onCreate }: EmptyProps) {
  if (isSearching) return <p>No experiment’s name holds these words.</p>;
  if (isTrash) return <p>Nothing has been deleted.</p>;
  return (
    <>
      <p>There is no experiment yet.</p>
      <Button onClick={onCreate}>New experiment</Button>
    </>
  );
}
