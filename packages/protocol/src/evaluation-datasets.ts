import { datasetRecords, tagsText } from './dataset-records.ts';
import { endpoint } from './endpoint.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { int32, int64, string } from './wire/scalars.ts';

const jsonText = (describe: string) => optional(string(), { describe: `JSON text. ${describe}` });

export const evaluationDataset = message({
  dataset_id: required(string()),
  name: required(string()),
  tags: jsonText('An object of texts.'),
  schema: jsonText('The type of each field that a record ever had.'),
  profile: jsonText('`{"num_records": n}`, or null once the last record was deleted.'),
  digest: optional(string(), { describe: 'Changes with every change of the records.' }),
  created_time: required(int64()),
  last_update_time: required(int64()),
  created_by: optional(string()),
  last_updated_by: optional(string()),
  experiment_ids: optional(repeated(string()), { describe: 'Only in the answer to creation.' }),
});
export type EvaluationDataset = WireMessage<typeof evaluationDataset.fields>;

const PATH = '/api/3.0/mlflow/datasets';
const datasetId = () => required(string());
/** Most experiments that one call may name. */
const experimentIds = () => withDefault(repeated(string()), []);

export const createDataset = endpoint({
  name: 'createDataset',
  method: 'POST',
  path: `${PATH}/create`,
  summary: 'Create an evaluation data set. Names need not be unique.',
  permission: 'any-user',
  request: message({
    name: required(string()),
    experiment_ids: experimentIds(),
    tags: optional(tagsText({ orNone: true })),
  }),
  response: message({ dataset: required(evaluationDataset) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const getDataset = endpoint({
  name: 'getDataset',
  method: 'GET',
  path: `${PATH}/{dataset_id}`,
  summary: 'Get an evaluation data set, without its records.',
  permission: 'any-user',
  request: message({ dataset_id: datasetId() }),
  response: message({ dataset: required(evaluationDataset) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const deleteDataset = endpoint({
  name: 'deleteDataset',
  method: 'DELETE',
  path: `${PATH}/{dataset_id}`,
  summary: 'Delete an evaluation data set with its records for good. One that is absent counts as deleted.',
  permission: 'any-user',
  request: message({ dataset_id: datasetId() }),
  response: message({}),
  errors: [],
});

export const searchEvaluationDatasets = endpoint({
  name: 'searchEvaluationDatasets',
  method: 'POST',
  path: `${PATH}/search`,
  also: 'GET',
  summary: 'Search evaluation data sets, newest first.',
  permission: 'any-user',
  request: message({
    experiment_ids: experimentIds(),
    filter_string: optional(string()),
    max_results: withDefault(int32(1, 50_000), 1000),
    order_by: withDefault(repeated(string()), []),
    page_token: optional(string()),
  }),
  response: message({
    datasets: optional(repeated(evaluationDataset)),
    next_page_token: optional(string()),
  }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const setDatasetTags = endpoint({
  name: 'setDatasetTags',
  method: 'PATCH',
  path: `${PATH}/{dataset_id}/tags`,
  summary: 'Set tags on an evaluation data set, replacing earlier values.',
  permission: 'any-user',
  request: message({ dataset_id: datasetId(), tags: required(tagsText()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteDatasetTag = endpoint({
  name: 'deleteDatasetTag',
  method: 'DELETE',
  path: `${PATH}/{dataset_id}/tags/{key}`,
  summary: 'Remove a tag from an evaluation data set. One that is absent counts as removed.',
  permission: 'any-user',
  request: message({ dataset_id: datasetId(), key: required(string()) }),
  response: message({}),
  errors: [],
});

/** Largest body in bytes of one call with records: clients send all records of a data set in one. */
const RECORDS_BYTES = 32 * 1024 * 1024;

export const upsertDatasetRecords = endpoint({
  name: 'upsertDatasetRecords',
  method: 'POST',
  path: `${PATH}/{dataset_id}/records`,
  summary:
    'Add records to an evaluation data set. A record whose inputs are there already is merged into that one.',
  permission: 'any-user',
  request: message({ dataset_id: datasetId(), records: required(datasetRecords()) }),
  response: message({ inserted_count: required(int32()), updated_count: required(int32()) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
  bodyLimit: RECORDS_BYTES,
  slowToParse: true,
});

export const getDatasetRecords = endpoint({
  name: 'getDatasetRecords',
  method: 'GET',
  path: `${PATH}/{dataset_id}/records`,
  summary: 'Records of an evaluation data set in the order they came; at most 10,000 in one answer.',
  permission: 'any-user',
  request: message({
    dataset_id: datasetId(),
    max_results: withDefault(int32(0), 1000, { describe: '0 counts as 1,000.' }),
    page_token: optional(string()),
  }),
  response: message({
    records: required(string(), { describe: 'JSON text of a list of records.' }),
    next_page_token: optional(string()),
  }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const deleteDatasetRecords = endpoint({
  name: 'deleteDatasetRecords',
  method: 'DELETE',
  path: `${PATH}/{dataset_id}/records`,
  summary: 'Delete records of an evaluation data set.',
  permission: 'any-user',
  request: message({ dataset_id: datasetId(), dataset_record_ids: withDefault(repeated(string()), []) }),
  response: message({ deleted_count: required(int32()) }),
  errors: [],
});

export const getDatasetExperimentIds = endpoint({
  name: 'getDatasetExperimentIds',
  method: 'GET',
  path: `${PATH}/{dataset_id}/experiment-ids`,
  summary: 'The experiments that an evaluation data set belongs to.',
  permission: 'any-user',
  request: message({ dataset_id: datasetId() }),
  response: message({ experiment_ids: optional(repeated(string())) }),
  errors: [],
});

export const addDatasetToExperiments = endpoint({
  name: 'addDatasetToExperiments',
  method: 'POST',
  path: `${PATH}/{dataset_id}/add-experiments`,
  summary: 'Add an evaluation data set to experiments; those it belongs to already stay.',
  permission: 'any-user',
  request: message({ dataset_id: datasetId(), experiment_ids: experimentIds() }),
  response: message({ dataset: required(evaluationDataset) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const removeDatasetFromExperiments = endpoint({
  name: 'removeDatasetFromExperiments',
  method: 'POST',
  path: `${PATH}/{dataset_id}/remove-experiments`,
  summary: 'Take an evaluation data set out of experiments; those it does not belong to are passed over.',
  permission: 'any-user',
  request: message({ dataset_id: datasetId(), experiment_ids: experimentIds() }),
  response: message({ dataset: required(evaluationDataset) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const evaluationDatasetEndpoints = {
  createDataset,
  getDataset,
  deleteDataset,
  searchEvaluationDatasets,
  setDatasetTags,
  deleteDatasetTag,
  upsertDatasetRecords,
  getDatasetRecords,
  deleteDatasetRecords,
  getDatasetExperimentIds,
  addDatasetToExperiments,
  removeDatasetFromExperiments,
};
