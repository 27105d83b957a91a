import type { Run } from '@bitacora/protocol';
import { ActionIcon, Button, Menu } from '@mantine/core';
import { Outlet, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { PagePlace } from '../../app/breadcrumb.tsx';
import { CopyButton } from '../../app/copy-button.tsx';
import { NotFound } from '../../app/not-found-page.tsx';
import { notify, notifyFailure } from '../../app/notices.tsx';
import { PageSkeleton } from '../../app/page-skeleton.tsx';
import { TabLink, Tabs } from '../../app/tabs.tsx';
import { ErrorState, isMissing } from '../../errors/error-state.tsx';
import { TimeAgo } from '../../format/time-ago.tsx';
import { DotsIcon, PencilIcon, RestoreIcon, TrashIcon } from '../../icons/icons.tsx';
import { RenameDialog } from '../../tags/rename-dialog.tsx';
import { SelectedDataset } from '../datasets/selected-dataset.tsx';
import { useGetExperiment } from '../experiments/queries.ts';
import { Duration } from './duration.tsx';
import { useDeleteRuns, useGetRun, useRestoreRuns, useUpdateRun } from './queries.ts';
import { indexOf, runName } from './run-data.ts';
import classes from './run-layout.module.css';
import { RunStatusLabel } from './run-status.tsx';

/** The head of a run's pages. Tabs below ask for the run by the same query. */
export function RunLayout() {
  const { experimentId, runId } = useParams({ from: '/experiments/$experimentId/runs/$runId' });
  const { data, error, refetch } = useGetRun(runId);
  const experiment = useGetExperiment(data?.run.info.experiment_id ?? experimentId);
  const run = data?.run;
  const crumbs = [
    { label: 'Experiments', to: '/experiments' },
    {
      label: experiment.data?.experiment.name ?? experimentId,
      to: `/experiments/${run?.info.experiment_id ?? experimentId}/runs`,
    },
    { label: run ? runName(run) : runId },
  ];
  if (error && isMissing(error)) {
    return (
      <NotFound title="Run not found">
        <p>
          There is no run with the id <code>{runId}</code>. It may have been deleted for good.
        </p>
      </NotFound>
    );
  }
  if (!run) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <PageSkeleton />;
  return (
    <div className={classes.page}>
      <PagePlace crumbs={crumbs} />
      <RunHead run={run} experimentName={experiment.data?.experiment.name} />
      <Outlet />
      <SelectedDataset experimentId={run.info.experiment_id} />
    </div>
  );
}

function RunHead({
  run,
  experimentName,
}: {
  readonly run: Run;
  readonly experimentName: string | undefined;
}) {
  const { info } = run;
  const params = { experimentId: info.experiment_id, runId: info.run_id };
  const { tags } = indexOf(run);
  const user = tags.get('mlflow.user') ?? info.user_id;
  return (
    <>
      <div className={classes.head}>
        <div className={classes.line}>
          <h1 className="truncate" title={runName(run)}>
            {runName(run)}
          </h1>
          <RunActions run={run} />
        </div>
        <div className={classes.facts}>
          <RunStatusLabel status={info.status} />
          <span className="dim">
            Started <TimeAgo at={info.start_time} />
          </span>
          <span className="dim">
            Took <Duration run={run} />
          </span>
          {user !== undefined && user !== '' && <span className="dim">by {user}</span>}
          <span className="dim">
            Id <span className="mono">{info.run_id}</span> <CopyButton value={info.run_id} what="run id" />
          </span>
          {experimentName !== undefined && <span className="dim truncate">in {experimentName}</span>}
        </div>
        <Tabs label="Run">
          <TabLink to="/experiments/$experimentId/runs/$runId" params={params} isExact>
            Overview
          </TabLink>
          <TabLink to="/experiments/$experimentId/runs/$runId/model-metrics" params={params}>
            Model metrics
          </TabLink>
          <TabLink to="/experiments/$experimentId/runs/$runId/system-metrics" params={params}>
            System metrics
          </TabLink>
          <TabLink to="/experiments/$experimentId/runs/$runId/artifacts" params={params}>
            Artifacts
          </TabLink>
        </Tabs>
      </div>
      {info.lifecycle_stage === 'deleted' && <DeletedBanner run={run} />}
    </>
  );
}

function RunActions({ run }: { readonly run: Run }) {
  const [isRenaming, setRenaming] = useState(false);
  const update = useUpdateRun();
  const remove = useDeleteRuns();
  const restore = useRestoreRuns();
  const { run_id, lifecycle_stage } = run.info;
  const name = runName(run);
  if (lifecycle_stage === 'deleted') return null;
  return (
    <>
      <ActionIcon aria-label="Rename the run" title="Rename the run" onClick={() => setRenaming(true)}>
        <PencilIcon size={15} />
      </ActionIcon>
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label="Run actions">
            <DotsIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            color="red"
            leftSection={<TrashIcon size={14} />}
            onClick={() =>
              remove.mutate([run_id], {
                onSuccess: () =>
                  notify({
                    kind: 'done',
                    text: `Moved “${name}” to the trash.`,
                    action: {
                      label: 'Undo',
                      run: () =>
                        restore.mutate([run_id], { onError: notifyFailure(`“${name}” was not restored`) }),
                    },
                  }),
                onError: notifyFailure(`“${name}” was not deleted`),
              })
            }
          >
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isRenaming && (
        <RenameDialog
          what="run"
          name={run.info.run_name ?? ''}
          error={update.error}
          isBusy={update.isPending}
          onClose={() => setRenaming(false)}
          onRename={(run_name) =>
            update.mutate({ run_id, run_name }, { onSuccess: () => setRenaming(false) })
          }
        />
      )}
    </>
  );
}

function DeletedBanner({ run }: { readonly run: Run }) {
  const restore = useRestoreRuns();
  return (
    <div className={classes.banner} role="status">
      <span>This run is in the trash. Nothing can be logged to it.</span>
      <Button
        variant="default"
        leftSection={<RestoreIcon size={14} />}
        loading={restore.isPending}
        onClick={() =>
          restore.mutate([run.info.run_id], { onError: notifyFailure('The run was not restored') })
        }
      >
        Restore
      </Button>
    </div>
  );
}
