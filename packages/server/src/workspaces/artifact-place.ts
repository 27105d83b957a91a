import { type ArtifactPath, joinPaths, parseArtifactPath } from '@bitacora/artifacts';
import { invalidParameter, preview } from '@bitacora/protocol';
import { DEFAULT_WORKSPACE, type ReadDeps } from '../deps.ts';
import { findExperimentStage } from '../experiments/queries.ts';
import { WORKSPACES_FOLDER } from './artifact-root.ts';

type Asked = Pick<ReadDeps, 'db' | 'workspace' | 'scope'>;

/**
 * Where a path that a request names is in the proxied store: below `workspaces/<its workspace>`. A path that says so
 * itself stays as it is, and the default workspace keeps the places it had before there were workspaces.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE when the path leads into another workspace.
 */
export async function placeInWorkspace(asked: Asked, path: ArtifactPath): Promise<ArtifactPath> {
  const { scope, workspace } = asked;
  if (!scope.isolated) return path;
  if (isReserved(path) || workspace === DEFAULT_WORKSPACE) return checkPlace(asked, path);
  return joinPaths(parseArtifactPath(WORKSPACES_FOLDER), parseArtifactPath(workspace), path);
}

/**
 * A place in the store, as long as it is in no other workspace.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export async function checkPlace(asked: Asked, place: ArtifactPath): Promise<ArtifactPath> {
  if (!asked.scope.isolated || !isReserved(place)) return place;
  const [folder, owner, experiment] = place.split('/');
  if (folder === WORKSPACES_FOLDER && owner === asked.workspace) return place;
  if (owner === undefined) {
    throw invalidParameter(
      `The artifact path '${preview(place)}' belongs to no workspace. Name one below '${WORKSPACES_FOLDER}/${asked.workspace}', or one that does not begin with '${WORKSPACES_FOLDER}'.`,
    );
  }
  if (await isMoved(asked, owner, experiment)) return place;
  throw invalidParameter(
    `The artifact path '${preview(place)}' is in the workspace '${preview(owner)}', but the request is about '${asked.workspace}'. Name that workspace in X-MLFLOW-WORKSPACE.`,
  );
}

/** A store that folds case, as on a Mac, or parts folders by backslashes finds the same folder under each of these names. */
const isReserved = (path: ArtifactPath) =>
  path.split(/[/\\]/, 1)[0]?.normalize('NFKC').toUpperCase() === WORKSPACES_FOLDER.toUpperCase();

/** An experiment that came here from a workspace that is gone has its files where they were, and is found by them. */
async function isMoved({ db, scope }: Asked, owner: string, experiment: string | undefined) {
  if (experiment === undefined || !/^[1-9]\d{0,14}$/.test(experiment)) return false;
  const found = await findExperimentStage(db, scope, Number(experiment));
  return found?.artifact_location?.endsWith(`/${WORKSPACES_FOLDER}/${owner}/${experiment}`) ?? false;
}
