import { registeredModelEndpoints } from '@bitacora/protocol';
import { handle, longRead } from '../http/routes.ts';
import { latest } from '../model-versions/service.ts';
import { search } from './search.ts';
import * as service from './service.ts';

export const registeredModelRoutes = handle(registeredModelEndpoints, {
  createRegisteredModel: service.create,
  getRegisteredModel: service.get,
  renameRegisteredModel: service.rename,
  updateRegisteredModel: service.update,
  deleteRegisteredModel: service.remove,
  searchRegisteredModels: longRead(search),
  getLatestVersions: latest,
  setRegisteredModelTag: service.setTag,
  deleteRegisteredModelTag: service.deleteTag,
});
