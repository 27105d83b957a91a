import { inputEndpoints } from '@bitacora/protocol';
import { handle, longRead } from '../http/routes.ts';
import * as service from './service.ts';

export const inputRoutes = handle(inputEndpoints, {
  logInputs: service.logRunInputs,
  logOutputs: service.logRunOutputs,
  searchDatasets: longRead(service.searchDatasetSummaries),
});
