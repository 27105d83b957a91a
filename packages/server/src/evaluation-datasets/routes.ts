import { evaluationDatasetEndpoints } from '@bitacora/protocol';
import { handle, longRead } from '../http/routes.ts';
import { listPage } from './record-page.ts';
import * as records from './records.ts';
import { search } from './search.ts';
import * as service from './service.ts';

export const evaluationDatasetRoutes = handle(evaluationDatasetEndpoints, {
  createDataset: service.create,
  getDataset: service.get,
  deleteDataset: service.remove,
  searchEvaluationDatasets: longRead(search),
  setDatasetTags: service.setTags,
  deleteDatasetTag: service.deleteTag,
  upsertDatasetRecords: records.upsert,
  getDatasetRecords: longRead(listPage),
  deleteDatasetRecords: records.remove,
  getDatasetExperimentIds: service.listExperimentIds,
  addDatasetToExperiments: service.addExperiments,
  removeDatasetFromExperiments: service.removeExperiments,
});
