import { loggedModelEndpoints } from '@bitacora/protocol';
import { listFolder } from '../artifacts/listing.ts';
import { handle, longRead } from '../http/routes.ts';
import { search } from './search.ts';
import * as service from './service.ts';

export const loggedModelRoutes = handle(loggedModelEndpoints, {
  createLoggedModel: service.create,
  getLoggedModel: service.get,
  finalizeLoggedModel: service.finalize,
  deleteLoggedModel: service.remove,
  searchLoggedModels: longRead(search),
  setLoggedModelTags: service.setTags,
  deleteLoggedModelTag: service.deleteTag,
  logLoggedModelParams: service.logParams,
  listLoggedModelArtifacts: async (deps, { model_id, artifact_directory_path }) => {
    const { model } = await service.get(deps, { model_id, allow_deleted: true });
    return listFolder(deps, model.info.artifact_uri, artifact_directory_path);
  },
});
