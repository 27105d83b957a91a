import { endpoint } from './endpoint.ts';
import { experimentId, keyValue, viewType } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { int32, int64, string } from './wire/scalars.ts';

export const experiment = message({
  experiment_id: required(string()),
  name: required(string()),
  artifact_location: optional(string()),
  lifecycle_stage: required(string(), { describe: '`active` or `deleted`.' }),
  last_update_time: optional(int64(), { describe: 'Milliseconds since the epoch.' }),
  creation_time: optional(int64(), { describe: 'Milliseconds since the epoch.' }),
  tags: optional(repeated(keyValue)),
  workspace: optional(string()),
});
export type Experiment = WireMessage<typeof experiment.fields>;

export const createExperiment = endpoint({
  name: 'createExperiment',
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/create',
  summary: 'Create an experiment. Its creator may manage it.',
  permission: 'any-user',
  request: message({
    name: required(string()),
    artifact_location: optional(string()),
    tags: withDefault(repeated(keyValue), []),
  }),
  response: message({ experiment_id: required(string()) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_ALREADY_EXISTS'],
});

export const getExperiment = endpoint({
  name: 'getExperiment',
  method: 'GET',
  path: '/api/2.0/mlflow/experiments/get',
  summary: 'Get an experiment, deleted ones included.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId() }),
  response: message({ experiment: required(experiment) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getExperimentByName = endpoint({
  name: 'getExperimentByName',
  method: 'GET',
  path: '/api/2.0/mlflow/experiments/get-by-name',
  summary: 'Get an experiment by its name, deleted ones included.',
  permission: 'any-user',
  request: message({ experiment_name: required(string()) }),
  response: message({ experiment: required(experiment) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const updateExperiment = endpoint({
  name: 'updateExperiment',
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/update',
  summary: 'Rename an active experiment.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId(), new_name: required(string()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'BAD_REQUEST', 'RESOURCE_DOES_NOT_EXIST', 'INVALID_STATE'],
});

export const deleteExperiment = endpoint({
  name: 'deleteExperiment',
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/delete',
  summary: 'Move an active experiment and all its runs to the trash. Its name stays taken.',
  permission: { level: 'MANAGE', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId() }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const restoreExperiment = endpoint({
  name: 'restoreExperiment',
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/restore',
  summary:
    'Take a deleted experiment out of the trash with all its runs, also those deleted one by one before.',
  permission: { level: 'MANAGE', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId() }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const searchExperiments = endpoint({
  name: 'searchExperiments',
  method: 'POST',
  also: 'GET',
  path: '/api/2.0/mlflow/experiments/search',
  summary: 'Search experiments, newest first.',
  permission: 'any-user',
  request: message({
    // MLflow reads an absent max_results as 0 and refuses it; every client sends one.
    max_results: required(int32(1, 50_000)),
    page_token: optional(string()),
    filter: optional(string()),
    order_by: withDefault(repeated(string()), []),
    view_type: withDefault(viewType, 'ACTIVE_ONLY'),
  }),
  response: message({ experiments: optional(repeated(experiment)), next_page_token: optional(string()) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const setExperimentTag = endpoint({
  name: 'setExperimentTag',
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/set-experiment-tag',
  summary: 'Set a tag on an active experiment, replacing an earlier value.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: experimentId(),
    key: required(string()),
    value: withDefault(string(), ''),
  }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteExperimentTag = endpoint({
  name: 'deleteExperimentTag',
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/delete-experiment-tag',
  summary: 'Remove a tag from an active experiment.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId(), key: required(string()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const experimentEndpoints = {
  createExperiment,
  getExperiment,
  getExperimentByName,
  updateExperiment,
  deleteExperiment,
  restoreExperiment,
  searchExperiments,
  setExperimentTag,
  deleteExperimentTag,
};
