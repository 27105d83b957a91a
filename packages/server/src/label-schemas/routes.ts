import { labelSchemaEndpoints } from '@bitacora/protocol';
import { handle } from '../http/routes.ts';
import * as service from './service.ts';

export const labelSchemaRoutes = handle(labelSchemaEndpoints, {
  createLabelSchema: service.create,
  getLabelSchema: service.get,
  getLabelSchemaByName: service.getByName,
  listLabelSchemas: service.listAll,
  updateLabelSchema: service.update,
  deleteLabelSchema: service.remove,
});
