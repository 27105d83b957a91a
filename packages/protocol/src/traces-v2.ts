import { endpoint } from './endpoint.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { enumOf, int32, int64, string } from './wire/scalars.ts';

/** The calls of MLflow 2.14 to 2.22: a trace was started, then ended, and its spans went to the artifact store. */

const traceStatus = enumOf({ TRACE_STATUS_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 });
export type TraceStatus = 'TRACE_STATUS_UNSPECIFIED' | 'OK' | 'ERROR' | 'IN_PROGRESS';

const pair = message({ key: required(string()), value: withDefault(string(), '') });

export const traceInfoV2 = message({
  request_id: required(string()),
  experiment_id: required(string()),
  timestamp_ms: required(int64()),
  execution_time_ms: required(int64(), { describe: '0 while it is not known.' }),
  status: required(traceStatus),
  request_metadata: optional(repeated(pair)),
  tags: optional(repeated(pair)),
});
export type TraceInfoV2 = WireMessage<typeof traceInfoV2.fields>;

export const startTrace = endpoint({
  name: 'startTrace',
  method: 'POST',
  path: '/api/2.0/mlflow/traces',
  summary: 'Begin a trace, in progress until it is ended; the server makes its id.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: required(string()),
    timestamp_ms: withDefault(int64(), 0),
    request_metadata: withDefault(repeated(pair), []),
    tags: withDefault(repeated(pair), []),
  }),
  response: message({ trace_info: required(traceInfoV2) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const endTrace = endpoint({
  name: 'endTrace',
  method: 'PATCH',
  path: '/api/2.0/mlflow/traces/{request_id}',
  summary: 'End a trace that was begun: its state and duration, with more tags and metadata.',
  permission: { level: 'EDIT', on: 'trace', id: 'request_id' },
  request: message({
    request_id: required(string()),
    timestamp_ms: withDefault(int64(), 0),
    status: optional(traceStatus),
    request_metadata: withDefault(repeated(pair), []),
    tags: withDefault(repeated(pair), []),
  }),
  response: message({ trace_info: required(traceInfoV2) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getTraceInfo = endpoint({
  name: 'getTraceInfo',
  method: 'GET',
  path: '/api/2.0/mlflow/traces/{request_id}/info',
  summary: 'Get the header of a trace in its older form.',
  permission: { level: 'READ', on: 'trace', id: 'request_id' },
  request: message({ request_id: required(string()) }),
  response: message({ trace_info: required(traceInfoV2) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const searchTraces = endpoint({
  name: 'searchTraces',
  method: 'GET',
  path: '/api/2.0/mlflow/traces',
  summary: 'Search the traces of some experiments; headers in their older form.',
  permission: 'any-user',
  request: message({
    experiment_ids: required(repeated(string())),
    filter: optional(string()),
    max_results: withDefault(int32(1, 500), 100),
    order_by: withDefault(repeated(string()), []),
    page_token: optional(string()),
  }),
  response: message({ traces: optional(repeated(traceInfoV2)), next_page_token: optional(string()) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const traceV2Endpoints = { startTrace, endTrace, getTraceInfo, searchTraces };
