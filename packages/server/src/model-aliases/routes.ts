import { modelAliasEndpoints } from '@bitacora/protocol';
import { handle } from '../http/routes.ts';
import * as service from './service.ts';

export const modelAliasRoutes = handle(modelAliasEndpoints, {
  setRegisteredModelAlias: service.set,
  deleteRegisteredModelAlias: service.remove,
  getModelVersionByAlias: service.resolve,
});
