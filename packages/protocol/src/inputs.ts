import { endpoint } from './endpoint.ts';
import { runId } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, type ParsedMessage, repeated, type WireMessage } from './wire/message.ts';
import { int64, string } from './wire/scalars.ts';

export const dataset = message({
  name: withDefault(string(), ''),
  digest: withDefault(string(), ''),
  source_type: withDefault(string(), ''),
  source: withDefault(string(), ''),
  schema: optional(string(), { describe: 'JSON text.' }),
  profile: optional(string(), { describe: 'JSON text.' }),
});

const inputTag = message({ key: required(string()), value: withDefault(string(), '') });

export const datasetInput = message({
  tags: withDefault(repeated(inputTag), []),
  dataset: required(dataset),
});
export type DatasetInput = ParsedMessage<typeof datasetInput.fields>;
export type WireDatasetInput = WireMessage<typeof datasetInput.fields>;

export const modelInput = message({ model_id: required(string()) });
export const modelOutput = message({ model_id: required(string()), step: withDefault(int64(), 0) });

/** A profile may hold 16 MiB and travels as JSON text inside JSON. */
const LOG_INPUTS_BODY_LIMIT = 40 * 1024 * 1024;

export const logInputs = endpoint({
  name: 'logInputs',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/log-inputs',
  summary: 'Record the data sets and models that a run has read. Recording one again changes nothing.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({
    run_id: runId(),
    datasets: withDefault(repeated(datasetInput), []),
    models: withDefault(repeated(modelInput), []),
  }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
  bodyLimit: LOG_INPUTS_BODY_LIMIT,
});

export const logOutputs = endpoint({
  name: 'logOutputs',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/outputs',
  summary: 'Record the logged models that a run has made.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({ run_id: runId(), models: required(repeated(modelOutput)) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const datasetSummary = message({
  experiment_id: required(string()),
  name: required(string()),
  digest: required(string()),
  context: optional(string()),
});

export const searchDatasets = endpoint({
  name: 'searchDatasets',
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/search-datasets',
  // MLflow's declaration lacks a leading slash, so the call exists below /ajax-api alone.
  ajaxOnly: true,
  summary: 'The data sets that the runs of up to 20 experiments have read; at most 1,000.',
  permission: 'any-user',
  request: message({ experiment_ids: required(repeated(string())) }),
  response: message({ dataset_summaries: optional(repeated(datasetSummary)) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const inputEndpoints = { logInputs, logOutputs, searchDatasets };
