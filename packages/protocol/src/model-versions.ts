import { endpoint } from './endpoint.ts';
import { keyValue } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { bool, enumOf, int32, int64, string } from './wire/scalars.ts';

export const modelVersionStatus = enumOf({ PENDING_REGISTRATION: 1, FAILED_REGISTRATION: 2, READY: 3 });

export const modelVersion = message({
  name: required(string()),
  version: required(string(), { describe: 'A whole number from 1 up, as text.' }),
  creation_timestamp: required(int64()),
  last_updated_timestamp: optional(int64()),
  user_id: optional(string()),
  current_stage: optional(string(), { describe: 'None, Staging, Production or Archived.' }),
  description: optional(string()),
  source: optional(string()),
  run_id: optional(string()),
  status: required(modelVersionStatus),
  status_message: optional(string()),
  tags: optional(repeated(keyValue)),
  run_link: optional(string()),
  aliases: optional(repeated(string()), {
    describe: 'Absent in searches and within a registered model, as in MLflow.',
  }),
});
export type ModelVersion = WireMessage<typeof modelVersion.fields>;

/** Name and version together are the key. A version is text: MLflow refuses a JSON number here. */
export const versionKey = { name: required(string()), version: required(string()) };

const ofVersion = { on: 'registered-model', id: 'name' } as const;

export const createModelVersion = endpoint({
  name: 'createModelVersion',
  method: 'POST',
  path: '/api/2.0/mlflow/model-versions/create',
  summary: 'Register what a run or logged model has made as the next version of a model or prompt.',
  permission: { level: 'EDIT', ...ofVersion },
  request: message({
    name: required(string()),
    source: required(string()),
    run_id: optional(string()),
    tags: withDefault(repeated(keyValue), []),
    run_link: withDefault(string(), ''),
    description: withDefault(string(), ''),
    model_id: optional(string()),
  }),
  response: message({ model_version: required(modelVersion) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getModelVersion = endpoint({
  name: 'getModelVersion',
  method: 'GET',
  path: '/api/2.0/mlflow/model-versions/get',
  summary: 'Get a version with its tags and aliases.',
  permission: { level: 'READ', ...ofVersion },
  request: message(versionKey),
  response: message({ model_version: required(modelVersion) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const updateModelVersion = endpoint({
  name: 'updateModelVersion',
  method: 'PATCH',
  path: '/api/2.0/mlflow/model-versions/update',
  summary: 'Replace the description of a version; without one it is cleared.',
  permission: { level: 'EDIT', ...ofVersion },
  request: message({ ...versionKey, description: optional(string()) }),
  response: message({ model_version: required(modelVersion) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const transitionModelVersionStage = endpoint({
  name: 'transitionModelVersionStage',
  method: 'POST',
  path: '/api/2.0/mlflow/model-versions/transition-stage',
  summary: 'Move a version to a stage, archiving those that are there when asked to.',
  permission: { level: 'MANAGE', ...ofVersion },
  request: message({
    ...versionKey,
    stage: required(string()),
    archive_existing_versions: withDefault(bool(), false),
  }),
  response: message({ model_version: required(modelVersion) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteModelVersion = endpoint({
  name: 'deleteModelVersion',
  method: 'DELETE',
  path: '/api/2.0/mlflow/model-versions/delete',
  summary: 'Delete a version with its aliases. Its number is not given again.',
  permission: { level: 'MANAGE', ...ofVersion },
  request: message(versionKey),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const searchModelVersions = endpoint({
  name: 'searchModelVersions',
  method: 'GET',
  path: '/api/2.0/mlflow/model-versions/search',
  summary: 'Search versions, last updated first. Prompts are found only by their tag.',
  permission: 'any-user',
  request: message({
    filter: optional(string()),
    max_results: withDefault(int32(1, 200_000), 200_000),
    order_by: withDefault(repeated(string()), []),
    page_token: optional(string()),
  }),
  response: message({
    model_versions: optional(repeated(modelVersion)),
    next_page_token: optional(string()),
  }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const getModelVersionDownloadUri = endpoint({
  name: 'getModelVersionDownloadUri',
  method: 'GET',
  path: '/api/2.0/mlflow/model-versions/get-download-uri',
  summary: 'Get where the files of a version are.',
  permission: { level: 'READ', ...ofVersion },
  request: message(versionKey),
  response: message({ artifact_uri: required(string()) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const setModelVersionTag = endpoint({
  name: 'setModelVersionTag',
  method: 'POST',
  path: '/api/2.0/mlflow/model-versions/set-tag',
  summary: 'Set a tag on a version, replacing an earlier value.',
  permission: { level: 'EDIT', ...ofVersion },
  request: message({ ...versionKey, key: required(string()), value: withDefault(string(), '') }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteModelVersionTag = endpoint({
  name: 'deleteModelVersionTag',
  method: 'DELETE',
  path: '/api/2.0/mlflow/model-versions/delete-tag',
  summary: 'Remove a tag from a version; one that is not there is fine.',
  permission: { level: 'EDIT', ...ofVersion },
  request: message({ ...versionKey, key: required(string()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const modelVersionEndpoints = {
  createModelVersion,
  getModelVersion,
  updateModelVersion,
  transitionModelVersionStage,
  deleteModelVersion,
  searchModelVersions,
  getModelVersionDownloadUri,
  setModelVersionTag,
  deleteModelVersionTag,
};
