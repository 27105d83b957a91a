import { useNavigate, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ArtifactBrowser } from '../artifacts/artifact-browser.tsx';
import { modelArtifacts } from '../artifacts/source.ts';

export function ArtifactsTab() {
  const { experimentId, modelId, _splat } = useParams({ strict: false });
  const navigate = useNavigate();
  const source = useMemo(() => modelArtifacts(modelId ?? ''), [modelId]);
  return (
    <ArtifactBrowser
      source={source}
      path={_splat ?? ''}
      onOpen={(path) =>
        void navigate({
          to: '/experiments/$experimentId/models/$modelId/artifacts/$',
          params: { experimentId: experimentId ?? '', modelId: modelId ?? '', _splat: path },
        })
      }
    />
  );
}
