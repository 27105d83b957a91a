import { workspaceEndpoints } from '@bitacora/protocol';
import { handle } from '../http/routes.ts';
import * as service from './service.ts';

export const workspaceRoutes = handle(workspaceEndpoints, {
  listWorkspaces: service.list,
  createWorkspace: service.create,
  getWorkspace: service.get,
  updateWorkspace: service.update,
  deleteWorkspace: service.remove,
});
