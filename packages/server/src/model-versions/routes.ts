import { modelVersionEndpoints } from '@bitacora/protocol';
import { handle, longRead } from '../http/routes.ts';
import { search } from './search.ts';
import * as service from './service.ts';

export const modelVersionRoutes = handle(modelVersionEndpoints, {
  createModelVersion: service.create,
  getModelVersion: service.get,
  updateModelVersion: service.update,
  transitionModelVersionStage: service.transition,
  deleteModelVersion: service.remove,
  searchModelVersions: longRead(search),
  getModelVersionDownloadUri: service.downloadUri,
  setModelVersionTag: service.setTag,
  deleteModelVersionTag: service.deleteTag,
});
