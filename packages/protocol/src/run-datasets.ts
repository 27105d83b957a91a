import { endpoint } from './endpoint.ts';
import { experimentId } from './fields.ts';
import { dataset } from './inputs.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { int32, int64, string } from './wire/scalars.ts';

/** What runs have done with a data set; runs in the trash do not count. */
const usage = {
  contexts: optional(repeated(string()), {
    describe: 'What runs have read it for, as their `mlflow.data.context` says, in order; at most 20.',
  }),
  run_count: required(int64()),
  last_run_time: optional(int64(), { describe: 'When the newest of them began, in milliseconds.' }),
};

export const runDatasetSummary = message({
  name: required(string()),
  digest: required(string()),
  source_type: required(string()),
  ...usage,
});
export type RunDatasetSummary = WireMessage<typeof runDatasetSummary.fields>;

export const listRunDatasets = endpoint({
  name: 'listRunDatasets',
  method: 'GET',
  path: '/api/2.0/bitacora/experiments/{experiment_id}/datasets',
  summary: 'The data sets that runs of an experiment have read, in order of name and digest.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: experimentId(),
    name_contains: optional(string(), { describe: 'A piece of the name; upper and lower case alike.' }),
    max_results: withDefault(int32(1, 1000), 100),
    page_token: optional(string()),
  }),
  response: message({
    datasets: optional(repeated(runDatasetSummary)),
    next_page_token: optional(string()),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getRunDataset = endpoint({
  name: 'getRunDataset',
  method: 'GET',
  path: '/api/2.0/bitacora/experiments/{experiment_id}/datasets/get',
  summary: 'Get a data set that runs of an experiment have read, with its schema and profile.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId(), name: required(string()), digest: required(string()) }),
  response: message({
    dataset: required(dataset),
    ...usage,
    last_run_id: optional(string(), { describe: 'The newest run that has read it.' }),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const runDatasetEndpoints = { listRunDatasets, getRunDataset };
