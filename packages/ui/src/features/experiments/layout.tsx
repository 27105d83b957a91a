import type { Experiment } from '@bitacora/protocol';
import { Button } from '@mantine/core';
import { Link, Outlet, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { PagePlace } from '../../app/breadcrumb.tsx';
import { CopyButton } from '../../app/copy-button.tsx';
import { NotFound } from '../../app/not-found-page.tsx';
import { notifyFailure } from '../../app/notices.tsx';
import { TabLink, Tabs } from '../../app/tabs.tsx';
import { ErrorState, isMissing } from '../../errors/error-state.tsx';
import { TimeAgo } from '../../format/time-ago.tsx';
import { ChevronDownIcon, RestoreIcon } from '../../icons/icons.tsx';
import { NoteEditor } from '../../tags/note-editor.tsx';
import { TagChips } from '../../tags/tag-chips.tsx';
import { TagEditor } from '../../tags/tag-editor.tsx';
import { SelectedDataset } from '../datasets/selected-dataset.tsx';
import { ExperimentMenu } from './experiment-menu.tsx';
import classes from './layout.module.css';
import {
  NOTE_TAG,
  ownTags,
  useDeleteExperimentTag,
  useGetExperiment,
  useRestoreExperiment,
  useSetExperimentTag,
} from './queries.ts';

/** The head of an experiment's pages; the tab below does not wait for it. */
export function ExperimentLayout() {
  const { experimentId } = useParams({ from: '/experiments/$experimentId' });
  const { data, error, refetch } = useGetExperiment(experimentId);
  if (error && isMissing(error)) {
    return (
      <NotFound title="Experiment not found">
        <p>
          There is no experiment with the id <code>{experimentId}</code>. It may have been deleted for good.
        </p>
      </NotFound>
    );
  }
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const experiment = data?.experiment;
  return (
    <div className={classes.page}>
      <PagePlace
        crumbs={[{ label: 'Experiments', to: '/experiments' }, { label: experiment?.name ?? experimentId }]}
      />
      <div className={classes.head}>
        <div className={classes.line}>
          <h1 className="truncate" title={experiment?.name}>
            {experiment?.name ?? '\u00a0'}
          </h1>
          {experiment && <ExperimentMenu experiment={experiment} />}
          <Tabs label="Experiment">
            <TabLink to="/experiments/$experimentId/runs" params={{ experimentId }}>
              Runs
            </TabLink>
            <TabLink to="/experiments/$experimentId/models" params={{ experimentId }}>
              Models
            </TabLink>
            <TabLink to="/experiments/$experimentId/datasets" params={{ experimentId }}>
              Datasets
            </TabLink>
          </Tabs>
        </div>
        {experiment && <About experiment={experiment} />}
      </div>
      {experiment?.lifecycle_stage === 'deleted' && <DeletedBanner experiment={experiment} />}
      <Outlet />
      <SelectedDataset experimentId={experimentId} />
    </div>
  );
}

function About({ experiment }: { readonly experiment: Experiment }) {
  const { experiment_id, artifact_location, creation_time, tags } = experiment;
  const [isOpen, setOpen] = useState(false);
  const setTag = useSetExperimentTag();
  const deleteTag = useDeleteExperimentTag();
  const note = tags?.find(({ key }) => key === NOTE_TAG)?.value ?? '';
  const isReadOnly = experiment.lifecycle_stage === 'deleted';
  return (
    <>
      <div className={classes.facts}>
        <span className="dim">
          Id <span className="mono">{experiment_id}</span>{' '}
          <CopyButton value={experiment_id} what="experiment id" />
        </span>
        <span className="dim">
          Created <TimeAgo at={creation_time} />
        </span>
        <TagChips tags={ownTags(tags)} />
        {note !== '' && !isOpen && (
          <span className={`dim truncate ${classes.note}`}>{note.split('\n', 1)[0]}</span>
        )}
        <Button
          variant="subtle"
          size="compact-xs"
          aria-expanded={isOpen}
          rightSection={<ChevronDownIcon size={12} className={isOpen ? classes.turned : undefined} />}
          onClick={() => setOpen(!isOpen)}
        >
          About
        </Button>
      </div>
      {isOpen && (
        <dl className={classes.about}>
          <dt>Description</dt>
          <dd>
            <NoteEditor
              note={note}
              isReadOnly={isReadOnly}
              onSave={(value) =>
                setTag.mutate(
                  { experiment_id, key: NOTE_TAG, value },
                  { onError: notifyFailure('The description was not saved') },
                )
              }
            />
          </dd>
          <dt>Tags</dt>
          <dd>
            <TagEditor
              tags={ownTags(tags)}
              isReadOnly={isReadOnly}
              onSet={(key, value) =>
                setTag.mutate(
                  { experiment_id, key, value },
                  { onError: notifyFailure('The tag was not saved') },
                )
              }
              onDelete={(key) =>
                deleteTag.mutate(
                  { experiment_id, key },
                  { onError: notifyFailure('The tag was not deleted') },
                )
              }
            />
          </dd>
          <dt>Artifact location</dt>
          <dd className="mono">
            {artifact_location} <CopyButton value={artifact_location ?? ''} what="artifact location" />
          </dd>
        </dl>
      )}
    </>
  );
}

function DeletedBanner({ experiment: { experiment_id, name } }: { readonly experiment: Experiment }) {
  const restore = useRestoreExperiment();
  return (
    <div className={classes.banner} role="status">
      <span>
        This experiment is in the trash. Nothing can be logged to it.{' '}
        <Link to="/experiments" search={{ lifecycleFilter: 'Deleted' }}>
          All deleted experiments
        </Link>
      </span>
      <Button
        variant="default"
        leftSection={<RestoreIcon size={14} />}
        loading={restore.isPending}
        onClick={() =>
          restore.mutate({ experiment_id }, { onError: notifyFailure(`“${name}” was not restored`) })
        }
      >
        Restore with all its runs
      </Button>
    </div>
  );
}
