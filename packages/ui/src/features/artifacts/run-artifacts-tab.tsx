import { useNavigate, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ArtifactBrowser } from './artifact-browser.tsx';
import { runArtifacts } from './source.ts';

export function RunArtifactsTab() {
  const { experimentId, runId, _splat } = useParams({ strict: false });
  const navigate = useNavigate();
  const source = useMemo(() => runArtifacts(runId ?? ''), [runId]);
  return (
    <ArtifactBrowser
      source={source}
      path={_splat ?? ''}
      onOpen={(path) =>
        void navigate({
          to: '/experiments/$experimentId/runs/$runId/artifacts/$',
          params: { experimentId: experimentId ?? '', runId: runId ?? '', _splat: path },
        })
      }
    />
  );
}
