import { getLoggedModel } from '@bitacora/protocol';
import { Breadcrumbs, SimpleGrid, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useCall } from '../../api/use-call.ts';
import { moment } from '../../app/display.ts';
import { Problem } from '../../app/error-page.tsx';
import { modelRoute } from '../../app/router.tsx';
import { useTitle } from '../../app/use-title.ts';
import { RunMetrics, RunParams } from '../runs/run-data.tsx';
import { modelStatus } from './model-status.ts';

export function LoggedModelPage() {
  const { experimentId, modelId } = modelRoute.useParams();
  const { data, error, refetch } = useCall(getLoggedModel, { model_id: modelId, allow_deleted: true });
  const info = data?.model.info;
  useTitle(info?.name ?? modelId);
  return (
    <main id="main" className="page" style={{ overflow: 'auto' }}>
      <Breadcrumbs fz="sm">
        <Link className="plain" to="/experiments">
          Experiments
        </Link>
        <Link className="plain" to="/experiments/$experimentId/models" params={{ experimentId }}>
          Models of experiment {experimentId}
        </Link>
        <span>{info?.name ?? modelId}</span>
      </Breadcrumbs>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {data && info && (
        <>
          <Title order={2}>{info.name}</Title>
          <dl className="facts">
            <dt>Model id</dt>
            <dd>
              <code>{info.model_id}</code>
            </dd>
            <dt>Status</dt>
            <dd>{modelStatus(info.status)}</dd>
            <dt>Created</dt>
            <dd>{moment(info.creation_timestamp_ms)}</dd>
            <dt>Type</dt>
            <dd>{info.model_type || '–'}</dd>
            <dt>Load it with</dt>
            <dd>
              <code>mlflow.pyfunc.load_model("models:/{info.model_id}")</code>
            </dd>
            <dt>Source run</dt>
            <dd>
              {info.source_run_id ? (
                <Link
                  className="plain"
                  to="/experiments/$experimentId/runs/$runId"
                  params={{ experimentId, runId: info.source_run_id }}
                >
                  {info.source_run_id}
                </Link>
              ) : (
                '–'
              )}
            </dd>
            <dt>Artifacts</dt>
            <dd>{info.artifact_uri}</dd>
          </dl>
          <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
            <RunMetrics metrics={data.model.data.metrics ?? []} />
            <RunParams params={data.model.data.params ?? []} />
          </SimpleGrid>
        </>
      )}
    </main>
  );
}
