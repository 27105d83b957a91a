import { endpoint } from './endpoint.ts';
import { required, withDefault } from './wire/field.ts';
import { message } from './wire/message.ts';
import { string } from './wire/scalars.ts';

const SET = 'Set a tag on a trace, replacing an earlier value.';
const REMOVE = 'Remove a tag from a trace.';

/** The Python client calls the older form. */
export const setTraceTag = endpoint({
  name: 'setTraceTag',
  method: 'PATCH',
  path: '/api/2.0/mlflow/traces/{request_id}/tags',
  summary: SET,
  permission: { level: 'EDIT', on: 'trace', id: 'request_id' },
  request: message({
    request_id: required(string()),
    key: required(string()),
    value: withDefault(string(), ''),
  }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const setTraceTagV3 = endpoint({
  name: 'setTraceTagV3',
  method: 'PATCH',
  path: '/api/3.0/mlflow/traces/{trace_id}/tags',
  summary: SET,
  permission: { level: 'EDIT', on: 'trace', id: 'trace_id' },
  request: message({
    trace_id: required(string()),
    key: required(string()),
    value: withDefault(string(), ''),
  }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteTraceTag = endpoint({
  name: 'deleteTraceTag',
  method: 'DELETE',
  path: '/api/2.0/mlflow/traces/{request_id}/tags',
  summary: REMOVE,
  permission: { level: 'EDIT', on: 'trace', id: 'request_id' },
  request: message({ request_id: required(string()), key: required(string()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteTraceTagV3 = endpoint({
  name: 'deleteTraceTagV3',
  method: 'DELETE',
  path: '/api/3.0/mlflow/traces/{trace_id}/tags',
  summary: REMOVE,
  permission: { level: 'EDIT', on: 'trace', id: 'trace_id' },
  request: message({ trace_id: required(string()), key: required(string()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const traceTagEndpoints = { setTraceTag, setTraceTagV3, deleteTraceTag, deleteTraceTagV3 };
