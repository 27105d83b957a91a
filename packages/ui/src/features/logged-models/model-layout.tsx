import { Link, Outlet, useParams } from '@tanstack/react-router';
import { PagePlace } from '../../app/breadcrumb.tsx';
import { CopyButton } from '../../app/copy-button.tsx';
import { NotFound } from '../../app/not-found-page.tsx';
import { PageSkeleton } from '../../app/page-skeleton.tsx';
import { TabLink, Tabs } from '../../app/tabs.tsx';
import { ErrorState, isMissing } from '../../errors/error-state.tsx';
import { TimeAgo } from '../../format/time-ago.tsx';
import { useGetExperiment } from '../experiments/queries.ts';
import runClasses from '../runs/run-layout.module.css';
import { ModelStatusLabel } from './model-status.tsx';
import { modelName, useGetLoggedModel } from './queries.ts';

/** The head of a logged model's pages. */
export function ModelLayout() {
  const { experimentId, modelId } = useParams({ from: '/experiments/$experimentId/models/$modelId' });
  const { data, error, refetch } = useGetLoggedModel(modelId);
  const experiment = useGetExperiment(experimentId);
  if (error && isMissing(error)) {
    return (
      <NotFound title="Logged model not found">
        <p>
          There is no logged model with the id <code>{modelId}</code>.
        </p>
      </NotFound>
    );
  }
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <PageSkeleton />;
  const { info } = data.model;
  const params = { experimentId, modelId };
  return (
    <div className={runClasses.page}>
      <PagePlace
        crumbs={[
          { label: 'Experiments', to: '/experiments' },
          {
            label: experiment.data?.experiment.name ?? experimentId,
            to: `/experiments/${experimentId}/models`,
          },
          { label: modelName(data.model) },
        ]}
      />
      <div className={runClasses.head}>
        <div className={runClasses.line}>
          <h1 className="truncate">{modelName(data.model)}</h1>
        </div>
        <div className={runClasses.facts}>
          <ModelStatusLabel status={info.status} />
          <span className="dim">
            Created <TimeAgo at={info.creation_timestamp_ms} />
          </span>
          {info.model_type && <span className="dim">{info.model_type}</span>}
          {info.source_run_id && (
            <span className="dim">
              from{' '}
              <Link
                to="/experiments/$experimentId/runs/$runId"
                params={{ experimentId: info.experiment_id, runId: info.source_run_id }}
              >
                its run
              </Link>
            </span>
          )}
          <span className="dim">
            Id <span className="mono">{info.model_id}</span>{' '}
            <CopyButton value={info.model_id} what="model id" />
          </span>
        </div>
        <Tabs label="Logged model">
          <TabLink to="/experiments/$experimentId/models/$modelId" params={params} isExact>
            Overview
          </TabLink>
          <TabLink to="/experiments/$experimentId/models/$modelId/artifacts" params={params}>
            Artifacts
          </TabLink>
        </Tabs>
      </div>
      <Outlet />
    </div>
  );
}
