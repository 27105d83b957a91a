import { joinArtifactUri } from '@bitacora/artifacts';
import { notFound } from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { findRunPlace } from '../runs/active.ts';
import { downloadUri } from './service.ts';

/**
 * Where the files of a version are, with a `runs:/` source followed to the run's own place: old clients register those
 * as they are.
 *
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST
 */
export async function filesOf(
  deps: Pick<ReadDeps, 'db' | 'workspace' | 'scope'>,
  key: { readonly name: string; readonly version: string },
): Promise<string> {
  const { artifact_uri } = await downloadUri(deps, key);
  const [, run_id, path = ''] = /^runs:\/([^/?#]+)\/*([^?#]*)/i.exec(artifact_uri) ?? [];
  if (run_id === undefined) return artifact_uri;
  const run = await findRunPlace(deps.db, deps.scope, run_id);
  if (!run) throw notFound('Run', run_id);
  return path === '' ? run.artifact_uri : joinArtifactUri(run.artifact_uri, path);
}
