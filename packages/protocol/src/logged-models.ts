import { fileInfo, leftOut } from './artifacts.ts';
import { endpoint } from './endpoint.ts';
import { keyValue } from './fields.ts';
import { metric } from './metrics.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, type ParsedMessage, repeated, type WireMessage } from './wire/message.ts';
import { bool, enumOf, int32, int64, string } from './wire/scalars.ts';

const STATUS_NUMBERS = {
  LOGGED_MODEL_STATUS_UNSPECIFIED: 0,
  LOGGED_MODEL_PENDING: 1,
  LOGGED_MODEL_READY: 2,
  LOGGED_MODEL_UPLOAD_FAILED: 3,
} as const;
export type LoggedModelStatus = keyof typeof STATUS_NUMBERS;
/** The number stands in the database, the name on the wire. */
export const LOGGED_MODEL_STATUS: Readonly<Record<LoggedModelStatus, number>> = STATUS_NUMBERS;
const loggedModelStatus = enumOf(STATUS_NUMBERS);

export const loggedModel = message({
  info: required(
    message({
      model_id: required(string()),
      experiment_id: required(string()),
      name: required(string()),
      creation_timestamp_ms: required(int64()),
      last_updated_timestamp_ms: required(int64()),
      artifact_uri: required(string()),
      status: required(loggedModelStatus),
      model_type: optional(string()),
      source_run_id: optional(string()),
      status_message: optional(string()),
      tags: optional(repeated(keyValue)),
    }),
  ),
  data: required(message({ params: optional(repeated(keyValue)), metrics: optional(repeated(metric)) })),
});
export type LoggedModel = WireMessage<typeof loggedModel.fields>;

const modelId = () => required(string());

export const createLoggedModel = endpoint({
  name: 'createLoggedModel',
  method: 'POST',
  path: '/api/2.0/mlflow/logged-models',
  summary: 'Create a logged model, pending until it is finalised.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: required(string()),
    name: optional(string()),
    model_type: withDefault(string(), ''),
    source_run_id: withDefault(string(), ''),
    params: withDefault(repeated(keyValue), []),
    tags: withDefault(repeated(keyValue), []),
  }),
  response: message({ model: required(loggedModel) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getLoggedModel = endpoint({
  name: 'getLoggedModel',
  method: 'GET',
  path: '/api/2.0/mlflow/logged-models/{model_id}',
  summary: 'Get a logged model; deleted ones when asked for.',
  permission: { level: 'READ', on: 'logged-model', id: 'model_id' },
  request: message({ model_id: modelId(), allow_deleted: withDefault(bool(), false) }),
  response: message({ model: required(loggedModel) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const finalizeLoggedModel = endpoint({
  name: 'finalizeLoggedModel',
  method: 'PATCH',
  path: '/api/2.0/mlflow/logged-models/{model_id}',
  summary: 'Set the status of a logged model once its files are in place, or have failed to arrive.',
  permission: { level: 'EDIT', on: 'logged-model', id: 'model_id' },
  request: message({
    model_id: modelId(),
    status: withDefault(loggedModelStatus, 'LOGGED_MODEL_STATUS_UNSPECIFIED'),
  }),
  response: message({ model: required(loggedModel) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteLoggedModel = endpoint({
  name: 'deleteLoggedModel',
  method: 'DELETE',
  path: '/api/2.0/mlflow/logged-models/{model_id}',
  summary: 'Move a logged model to the trash.',
  permission: { level: 'MANAGE', on: 'logged-model', id: 'model_id' },
  request: message({ model_id: modelId() }),
  response: message({}),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

const orderBy = message({
  field_name: required(string()),
  ascending: withDefault(bool(), true),
  dataset_name: optional(string()),
  dataset_digest: optional(string()),
});
export type LoggedModelOrderBy = ParsedMessage<typeof orderBy.fields>;

const datasetRestriction = message({
  dataset_name: required(string()),
  dataset_digest: optional(string()),
});
export type DatasetRestriction = ParsedMessage<typeof datasetRestriction.fields>;

export const searchLoggedModels = endpoint({
  name: 'searchLoggedModels',
  method: 'POST',
  path: '/api/2.0/mlflow/logged-models/search',
  summary: 'Search the logged models of some experiments, newest first.',
  permission: 'any-user',
  request: message({
    experiment_ids: required(repeated(string())),
    filter: optional(string()),
    datasets: withDefault(repeated(datasetRestriction), []),
    max_results: withDefault(int32(0, 50_000), 50),
    order_by: withDefault(repeated(orderBy), []),
    page_token: optional(string()),
  }),
  response: message({ models: optional(repeated(loggedModel)), next_page_token: optional(string()) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const setLoggedModelTags = endpoint({
  name: 'setLoggedModelTags',
  method: 'PATCH',
  path: '/api/2.0/mlflow/logged-models/{model_id}/tags',
  summary: 'Set tags on a logged model, replacing earlier values.',
  permission: { level: 'EDIT', on: 'logged-model', id: 'model_id' },
  request: message({ model_id: modelId(), tags: withDefault(repeated(keyValue), []) }),
  response: message({ model: required(loggedModel) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteLoggedModelTag = endpoint({
  name: 'deleteLoggedModelTag',
  method: 'DELETE',
  path: '/api/2.0/mlflow/logged-models/{model_id}/tags/{tag_key}',
  summary: 'Remove a tag from a logged model.',
  permission: { level: 'EDIT', on: 'logged-model', id: 'model_id' },
  request: message({ model_id: modelId(), tag_key: required(string()) }),
  response: message({}),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const logLoggedModelParams = endpoint({
  name: 'logLoggedModelParams',
  method: 'POST',
  path: '/api/2.0/mlflow/logged-models/{model_id}/params',
  summary: 'Add params to a logged model. A key that exists is refused.',
  permission: { level: 'EDIT', on: 'logged-model', id: 'model_id' },
  request: message({ model_id: modelId(), params: withDefault(repeated(keyValue), []) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'BAD_REQUEST', 'RESOURCE_DOES_NOT_EXIST'],
});

export const listLoggedModelArtifacts = endpoint({
  name: 'listLoggedModelArtifacts',
  method: 'GET',
  path: '/api/2.0/mlflow/logged-models/{model_id}/artifacts/directories',
  summary: 'List a folder of a logged model.',
  permission: { level: 'READ', on: 'logged-model', id: 'model_id' },
  request: message({
    model_id: modelId(),
    artifact_directory_path: withDefault(string(), ''),
    page_token: optional(string()),
  }),
  response: message({
    root_uri: required(string()),
    files: optional(repeated(fileInfo)),
    left_out: leftOut(),
    next_page_token: optional(string()),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const loggedModelEndpoints = {
  createLoggedModel,
  getLoggedModel,
  finalizeLoggedModel,
  deleteLoggedModel,
  searchLoggedModels,
  setLoggedModelTags,
  deleteLoggedModelTag,
  logLoggedModelParams,
  listLoggedModelArtifacts,
};
