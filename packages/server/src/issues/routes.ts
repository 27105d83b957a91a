import { issueEndpoints } from '@bitacora/protocol';
import { handle, longRead } from '../http/routes.ts';
import { search } from './search.ts';
import * as service from './service.ts';

export const issueRoutes = handle(issueEndpoints, {
  createIssue: service.create,
  updateIssue: service.update,
  getIssue: service.get,
  searchIssues: longRead(search),
});
