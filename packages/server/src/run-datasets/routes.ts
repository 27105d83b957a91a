import { runDatasetEndpoints } from '@bitacora/protocol';
import { handle, longRead } from '../http/routes.ts';
import * as service from './service.ts';

export const runDatasetRoutes = handle(runDatasetEndpoints, {
  // Both count the runs of data sets, and one that every run has read has as many.
  listRunDatasets: longRead(service.list),
  getRunDataset: longRead(service.get),
});
