import {
  createExperiment,
  deleteExperiment,
  type Experiment,
  restoreExperiment,
  searchExperiments,
  updateExperiment,
} from '@bitacora/protocol';
import {
  Badge,
  Button,
  Group,
  Menu,
  Modal,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { client } from '../../api/client.ts';
import { useWrite } from '../../api/use-call.ts';
import { age, moment } from '../../app/display.ts';
import { Problem } from '../../app/error-page.tsx';
import { useTitle } from '../../app/use-title.ts';
import { type Column, type Sort, VirtualTable } from '../../table/virtual-table.tsx';

const PAGE = 100;

export function ExperimentsPage() {
  useTitle('Experiments');
  const [name, setName] = useState('');
  const [wanted] = useDebouncedValue(name.trim(), 200);
  const [view, setView] = useState<'ACTIVE_ONLY' | 'DELETED_ONLY'>('ACTIVE_ONLY');
  const [sort, setSort] = useState<Sort>({ id: 'creation_time', ascending: false });
  const [edited, setEdited] = useState<Experiment | 'new' | undefined>();
  const request = {
    max_results: PAGE,
    view_type: view,
    order_by: [`${sort.id} ${sort.ascending ? 'ASC' : 'DESC'}`],
    // Quotes and wildcards in what was typed stand for themselves only as far as the language allows.
    ...(wanted === '' ? {} : { filter: `name ILIKE '%${wanted.replaceAll("'", '_')}%'` }),
  };
  const query = useInfiniteQuery({
    queryKey: [searchExperiments.name, request],
    queryFn: ({ pageParam, signal }) =>
      client.call(searchExperiments, { ...request, page_token: pageParam }, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_page_token,
    placeholderData: (previous) => previous,
    refetchInterval: 15_000,
  });
  const rows = query.data?.pages.flatMap(({ experiments }) => experiments ?? []) ?? [];
  const columns = useMemo(() => experimentColumns(setEdited), []);
  return (
    <main id="main" className="page">
      <Group justify="space-between">
        <Title order={2}>Experiments</Title>
        <Button onClick={() => setEdited('new')}>New experiment</Button>
      </Group>
      <Group>
        <TextInput
          aria-label="Search experiments by name"
          placeholder="Search by name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          w={320}
        />
        <SegmentedControl
          size="xs"
          aria-label="State"
          value={view}
          onChange={(value) => setView(value === 'DELETED_ONLY' ? value : 'ACTIVE_ONLY')}
          data={[
            { label: 'Active', value: 'ACTIVE_ONLY' },
            { label: 'Trash', value: 'DELETED_ONLY' },
          ]}
        />
      </Group>
      {query.error && <Problem error={query.error} onRetry={() => void query.refetch()} />}
      <VirtualTable
        label="Experiments"
        columns={columns}
        rows={rows}
        rowKey={({ experiment_id }) => experiment_id}
        sort={sort}
        onSort={setSort}
        isComplete={!query.hasNextPage}
        onEnd={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
        empty={
          <Text c="dimmed">
            {query.isPending
              ? 'Loading…'
              : wanted
                ? 'No experiment has this in its name.'
                : 'No experiments.'}
          </Text>
        }
      />
      {edited && (
        <NameDialog experiment={edited === 'new' ? undefined : edited} onClose={() => setEdited(undefined)} />
      )}
    </main>
  );
}

function experimentColumns(onRename: (experiment: Experiment) => void): readonly Column<Experiment>[] {
  return [
    {
      id: 'name',
      title: 'Name',
      width: 380,
      pinned: true,
      sortable: true,
      cell: ({ experiment_id, name }) => (
        <Link
          className="plain"
          to="/experiments/$experimentId/runs"
          params={{ experimentId: experiment_id }}
          title={name}
        >
          {name}
        </Link>
      ),
    },
    {
      id: 'experiment_id',
      title: 'Id',
      width: 80,
      sortable: true,
      cell: ({ experiment_id }) => experiment_id,
    },
    {
      id: 'creation_time',
      title: 'Created',
      width: 130,
      sortable: true,
      cell: ({ creation_time }) => <span title={moment(creation_time)}>{age(creation_time)}</span>,
    },
    {
      id: 'last_update_time',
      title: 'Changed',
      width: 130,
      sortable: true,
      cell: ({ last_update_time }) => <span title={moment(last_update_time)}>{age(last_update_time)}</span>,
    },
    { id: 'tags', title: 'Tags', width: 360, cell: ({ tags }) => <Tags tags={tags ?? []} /> },
    {
      id: 'actions',
      title: 'Actions',
      width: 90,
      cell: (experiment) => <Actions experiment={experiment} onRename={onRename} />,
    },
  ];
}

function Tags({
  tags,
}: {
  readonly tags: readonly { readonly key: string; readonly value?: string | undefined }[];
}) {
  return tags
    .filter(({ key }) => !key.startsWith('mlflow.'))
    .slice(0, 4)
    .map(({ key, value }) => (
      <Badge key={key} variant="light" size="sm" tt="none" mr={4} title={`${key}: ${value}`}>
        {key}: {value}
      </Badge>
    ));
}

function Actions({
  experiment,
  onRename,
}: {
  readonly experiment: Experiment;
  readonly onRename: (experiment: Experiment) => void;
}) {
  const remove = useWrite(deleteExperiment);
  const restore = useWrite(restoreExperiment);
  const { experiment_id, name } = experiment;
  if (experiment.lifecycle_stage === 'deleted') {
    return (
      <Button size="compact-xs" variant="light" onClick={() => restore.mutate({ experiment_id })}>
        Restore
      </Button>
    );
  }
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button size="compact-xs" variant="subtle" aria-label={`Actions on ${name}`}>
          •••
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => onRename(experiment)}>Rename</Menu.Item>
        <Menu.Item color="red" onClick={() => remove.mutate({ experiment_id })}>
          Move to trash
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function NameDialog({
  experiment,
  onClose,
}: {
  readonly experiment: Experiment | undefined;
  readonly onClose: () => void;
}) {
  const [name, setName] = useState(experiment?.name ?? '');
  const create = useWrite(createExperiment);
  const rename = useWrite(updateExperiment);
  const error = create.error ?? rename.error;
  const save = (event: React.FormEvent) => {
    event.preventDefault();
    const done = { onSuccess: onClose };
    if (experiment) rename.mutate({ experiment_id: experiment.experiment_id, new_name: name }, done);
    else create.mutate({ name }, done);
  };
  return (
    <Modal opened onClose={onClose} title={experiment ? 'Rename experiment' : 'New experiment'}>
      <form onSubmit={save}>
        <Stack>
          <TextInput
            label="Name"
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {error && <Problem error={error} />}
          <Button type="submit" disabled={name.trim() === ''} loading={create.isPending || rename.isPending}>
            {experiment ? 'Rename' : 'Create'}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
