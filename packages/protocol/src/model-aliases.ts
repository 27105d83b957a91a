import { endpoint } from './endpoint.ts';
import { modelVersion } from './model-versions.ts';
import { required } from './wire/field.ts';
import { message } from './wire/message.ts';
import { string } from './wire/scalars.ts';

const ofModel = { on: 'registered-model', id: 'name' } as const;
const aliasKey = { name: required(string()), alias: required(string()) };

export const setRegisteredModelAlias = endpoint({
  name: 'setRegisteredModelAlias',
  method: 'POST',
  path: '/api/2.0/mlflow/registered-models/alias',
  summary: 'Point an alias at a version, moving it if it is there already.',
  permission: { level: 'MANAGE', ...ofModel },
  request: message({ ...aliasKey, version: required(string()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteRegisteredModelAlias = endpoint({
  name: 'deleteRegisteredModelAlias',
  method: 'DELETE',
  path: '/api/2.0/mlflow/registered-models/alias',
  summary: 'Remove an alias; one that is not there is fine.',
  permission: { level: 'MANAGE', ...ofModel },
  request: message(aliasKey),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getModelVersionByAlias = endpoint({
  name: 'getModelVersionByAlias',
  method: 'GET',
  path: '/api/2.0/mlflow/registered-models/alias',
  summary: 'Get the version an alias points at; `latest` is the highest one.',
  permission: { level: 'READ', ...ofModel },
  request: message(aliasKey),
  response: message({ model_version: required(modelVersion) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const modelAliasEndpoints = {
  setRegisteredModelAlias,
  deleteRegisteredModelAlias,
  getModelVersionByAlias,
};
