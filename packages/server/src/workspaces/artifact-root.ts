import { joinArtifactUri } from '@bitacora/artifacts';
import type { Db } from '@bitacora/db';
import type { ReadDeps } from '../deps.ts';
import { findWorkspace } from './queries.ts';

/** The folder of the artifact store below which each workspace has one of its own. */
export const WORKSPACES_FOLDER = 'workspaces';

/**
 * Parent of the artifact locations of new experiments: the workspace's own root, else a folder of its name below the
 * server's. MLflow gives the default workspace such a folder too; what it had before stays where it is.
 */
export async function artifactRootOf(
  db: Db,
  { settings, workspace }: Pick<ReadDeps, 'settings' | 'workspace'>,
): Promise<string> {
  if (!settings.workspacesEnabled) return settings.artifactRoot;
  const own = (await findWorkspace(db, workspace))?.default_artifact_root;
  return own ? own : joinArtifactUri(settings.artifactRoot, WORKSPACES_FOLDER, workspace);
}
