import { endpoint } from './endpoint.ts';
import { keyValue } from './fields.ts';
import { modelVersion } from './model-versions.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { int32, int64, string } from './wire/scalars.ts';

export const registeredModel = message({
  name: required(string()),
  creation_timestamp: optional(int64()),
  last_updated_timestamp: optional(int64()),
  description: optional(string()),
  latest_versions: optional(repeated(modelVersion), { describe: 'The newest version of each stage.' }),
  tags: optional(repeated(keyValue)),
  aliases: optional(repeated(message({ alias: required(string()), version: required(string()) }))),
});
export type RegisteredModel = WireMessage<typeof registeredModel.fields>;

const ofModel = { on: 'registered-model', id: 'name' } as const;
const name = required(string());

export const createRegisteredModel = endpoint({
  name: 'createRegisteredModel',
  method: 'POST',
  path: '/api/2.0/mlflow/registered-models/create',
  summary: 'Create a registered model, or a prompt when its tag says so.',
  permission: 'any-user',
  request: message({
    name,
    tags: withDefault(repeated(keyValue), []),
    description: withDefault(string(), ''),
    // Databricks keeps the id of a job here; like MLflow's own server, this one accepts it and has no such jobs.
    deployment_job_id: optional(string()),
  }),
  response: message({ registered_model: required(registeredModel) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_ALREADY_EXISTS'],
});

export const getRegisteredModel = endpoint({
  name: 'getRegisteredModel',
  method: 'GET',
  path: '/api/2.0/mlflow/registered-models/get',
  summary: 'Get a registered model with its tags, aliases and the newest version of each stage.',
  permission: { level: 'READ', ...ofModel },
  request: message({ name }),
  response: message({ registered_model: required(registeredModel) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const renameRegisteredModel = endpoint({
  name: 'renameRegisteredModel',
  method: 'POST',
  path: '/api/2.0/mlflow/registered-models/rename',
  summary: 'Rename a registered model with its versions, tags and aliases.',
  permission: { level: 'MANAGE', ...ofModel },
  request: message({ name, new_name: required(string()) }),
  response: message({ registered_model: required(registeredModel) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'RESOURCE_ALREADY_EXISTS'],
});

export const updateRegisteredModel = endpoint({
  name: 'updateRegisteredModel',
  method: 'PATCH',
  path: '/api/2.0/mlflow/registered-models/update',
  summary: 'Replace the description of a registered model; without one it is cleared.',
  permission: { level: 'EDIT', ...ofModel },
  request: message({
    name,
    description: withDefault(string(), ''),
    deployment_job_id: optional(string()),
  }),
  response: message({ registered_model: required(registeredModel) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteRegisteredModel = endpoint({
  name: 'deleteRegisteredModel',
  method: 'DELETE',
  path: '/api/2.0/mlflow/registered-models/delete',
  summary: 'Delete a registered model with all its versions, tags and aliases.',
  permission: { level: 'MANAGE', ...ofModel },
  request: message({ name }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const searchRegisteredModels = endpoint({
  name: 'searchRegisteredModels',
  method: 'GET',
  // MLflow's R client posts this search, which MLflow's own server answers with 405.
  also: 'POST',
  path: '/api/2.0/mlflow/registered-models/search',
  summary: 'Search registered models by name. Prompts are found only by their tag.',
  permission: 'any-user',
  request: message({
    filter: optional(string()),
    max_results: withDefault(int32(1, 1000), 100),
    order_by: withDefault(repeated(string()), []),
    page_token: optional(string()),
  }),
  response: message({
    registered_models: optional(repeated(registeredModel)),
    next_page_token: optional(string()),
  }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const getLatestVersions = endpoint({
  name: 'getLatestVersions',
  method: 'POST',
  path: '/api/2.0/mlflow/registered-models/get-latest-versions',
  also: 'GET',
  summary: 'Get the newest version of each stage, or of the stages named.',
  permission: { level: 'READ', ...ofModel },
  request: message({ name, stages: withDefault(repeated(string()), []) }),
  response: message({ model_versions: optional(repeated(modelVersion)) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const setRegisteredModelTag = endpoint({
  name: 'setRegisteredModelTag',
  method: 'POST',
  path: '/api/2.0/mlflow/registered-models/set-tag',
  summary: 'Set a tag on a registered model, replacing an earlier value.',
  permission: { level: 'EDIT', ...ofModel },
  request: message({ name, key: required(string()), value: withDefault(string(), '') }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteRegisteredModelTag = endpoint({
  name: 'deleteRegisteredModelTag',
  method: 'DELETE',
  path: '/api/2.0/mlflow/registered-models/delete-tag',
  summary: 'Remove a tag from a registered model; one that is not there is fine.',
  permission: { level: 'EDIT', ...ofModel },
  request: message({ name, key: required(string()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const registeredModelEndpoints = {
  createRegisteredModel,
  getRegisteredModel,
  renameRegisteredModel,
  updateRegisteredModel,
  deleteRegisteredModel,
  searchRegisteredModels,
  getLatestVersions,
  setRegisteredModelTag,
  deleteRegisteredModelTag,
};
