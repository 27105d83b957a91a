import { artifactFolderEndpoints } from '@bitacora/protocol';
import { requireKnown } from '../experiments/service.ts';
import { handle } from '../http/routes.ts';
import { get as getLoggedModel } from '../logged-models/service.ts';
import { refuseDeleted, requireRun } from '../runs/active.ts';
import { deleteArtifacts } from './deletion.ts';
import { placesOfExperiment } from './experiment-places.ts';
import { placeOf } from './location.ts';
import { measure } from './size.ts';

export const artifactFolderRoutes = handle(artifactFolderEndpoints, {
  getRunArtifactSize: async (deps, { run_id, path }) => {
    const run = await requireRun(deps.db, deps.scope, run_id);
    const place = await placeOf(deps, run.artifact_uri ?? '', path);
    return measure([async () => place]);
  },
  getLoggedModelArtifactSize: async (deps, { model_id, path }) => {
    const { model } = await getLoggedModel(deps, { model_id, allow_deleted: true });
    const place = await placeOf(deps, model.info.artifact_uri, path);
    return measure([async () => place]);
  },
  getExperimentArtifactSize: async (deps, { experiment_id }) =>
    measure(placesOfExperiment(deps, await requireKnown(deps.db, deps.scope, experiment_id))),
  deleteRunArtifacts: async (deps, { run_id, paths }) => {
    const run = await requireRun(deps.db, deps.scope, run_id);
    refuseDeleted(run);
    return { artifacts: await deleteArtifacts(deps, run.artifact_uri ?? '', paths) };
  },
});
