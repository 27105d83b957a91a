import { searchExperiments, searchRuns } from '@bitacora/protocol';
import { Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useState } from 'react';
import { client } from '../api/client.ts';
import { nameFilter } from '../features/experiments/location.ts';
import { FlaskIcon, RunningIcon, SearchIcon } from '../icons/icons.tsx';
import classes from './quick-jump.module.css';

interface Target {
  readonly kind: 'experiment' | 'run';
  readonly experimentId: string;
  readonly runId?: string;
  readonly name: string;
  readonly detail: string;
}

const TYPING_PAUSE_MS = 150;
const MOST_EXPERIMENTS = 8;
const MOST_RUNS = 12;
/** Runs are sought in so many experiments, the latest ones; a search over all would take as long as it is large. */
const EXPERIMENTS_SOUGHT = 200;
const RUN_ID = /^[0-9a-f]{32}$/i;

/** Experiments by name, runs by name or id. */
async function findTargets(words: string, signal: AbortSignal): Promise<readonly Target[]> {
  const filter = nameFilter(words);
  const [found, latest] = await Promise.all([
    client.call(
      searchExperiments,
      { max_results: MOST_EXPERIMENTS, filter, order_by: ['last_update_time DESC'] },
      { signal },
    ),
    client.call(
      searchExperiments,
      { max_results: EXPERIMENTS_SOUGHT, order_by: ['last_update_time DESC'] },
      { signal },
    ),
  ]);
  const experiments = (found.experiments ?? []).map(
    ({ experiment_id, name }): Target => ({
      kind: 'experiment',
      experimentId: experiment_id,
      name,
      detail: 'experiment',
    }),
  );
  const all = latest.experiments ?? [];
  const { runs = [] } = await client.call(
    searchRuns,
    {
      experiment_ids: all.map(({ experiment_id }) => experiment_id),
      filter: RUN_ID.test(words.trim())
        ? `attributes.run_id = '${words.trim().toLowerCase()}'`
        : filter?.replace(/^name/, 'attributes.run_name'),
      max_results: MOST_RUNS,
    },
    { signal },
  );
  const names = new Map(all.map(({ experiment_id, name }) => [experiment_id, name]));
  return [
    ...experiments,
    ...runs.map(
      ({ info }): Target => ({
        kind: 'run',
        experimentId: info.experiment_id,
        runId: info.run_id,
        name: info.run_name ?? info.run_id,
        detail: names.get(info.experiment_id) ?? '',
      }),
    ),
  ];
}

export function QuickJump({ onClose }: { readonly onClose: () => void }) {
  const [words, setWords] = useState('');
  const [sought] = useDebouncedValue(words, TYPING_PAUSE_MS);
  const [active, setActive] = useState(0);
  const navigate = useNavigate();
  const {
    data: targets = [],
    isFetching,
    error,
  } = useQuery({
    queryKey: ['quick-jump', sought],
    queryFn: ({ signal }) => findTargets(sought, signal),
    placeholderData: keepPreviousData,
  });
  const go = ({ experimentId, runId }: Target) => {
    onClose();
    void (runId === undefined
      ? navigate({ to: '/experiments/$experimentId/runs', params: { experimentId } })
      : navigate({ to: '/experiments/$experimentId/runs/$runId', params: { experimentId, runId } }));
  };
  const walk = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setActive(Math.min(targets.length - 1, active + 1));
    else if (event.key === 'ArrowUp') setActive(Math.max(0, active - 1));
    else if (event.key === 'Enter' && targets[active]) go(targets[active]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size="lg"
      yOffset="12vh"
      centered={false}
      aria-label="Go to"
    >
      <TextInput
        data-autofocus
        size="md"
        variant="unstyled"
        className={classes.field ?? ''}
        leftSection={<SearchIcon />}
        role="combobox"
        aria-label="Go to an experiment or a run"
        aria-expanded
        aria-controls="quick-jump-list"
        aria-activedescendant={targets[active] ? `quick-jump-${active}` : undefined}
        placeholder="Experiment, run name or run id"
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={walk}
      />
      <div
        id="quick-jump-list"
        role="listbox"
        aria-label="Found"
        className={classes.list}
        aria-busy={isFetching}
      >
        {targets.map((target, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: The field above has the focus and the keys.
          <div
            key={`${target.kind} ${target.runId ?? target.experimentId}`}
            id={`quick-jump-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            className={classes.option}
            onMouseMove={() => setActive(index)}
            onClick={() => go(target)}
          >
            {target.kind === 'experiment' ? <FlaskIcon size={15} /> : <RunningIcon size={15} />}
            <span className="truncate">{target.name}</span>
            <span className={`dim truncate ${classes.detail}`}>{target.detail}</span>
          </div>
        ))}
        {targets.length === 0 && (
          <p className={classes.nothing}>
            {error ? error.message : isFetching ? 'Searching…' : 'Nothing found.'}
          </p>
        )}
      </div>
    </Modal>
  );
}
