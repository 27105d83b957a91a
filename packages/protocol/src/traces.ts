import { assessment } from './assessments.ts';
import { endpoint } from './endpoint.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { jsonValue, stringMap } from './wire/json-value.ts';
import { message, type ParsedMessage, repeated, type WireMessage } from './wire/message.ts';
import { bool, enumOf, int32, int64, string } from './wire/scalars.ts';
import { duration, timestamp } from './wire/times.ts';

const traceState = enumOf({ STATE_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 });
export type TraceState = 'STATE_UNSPECIFIED' | 'OK' | 'ERROR' | 'IN_PROGRESS';

const experimentLocation = message({ experiment_id: optional(string()) });

/** Where a trace lives. An open server keeps traces in experiments; the other kinds exist on Databricks alone. */
export const traceLocation = message({
  type: optional(
    enumOf({
      TRACE_LOCATION_TYPE_UNSPECIFIED: 0,
      MLFLOW_EXPERIMENT: 1,
      INFERENCE_TABLE: 2,
      UC_SCHEMA: 3,
      UC_TABLE_PREFIX: 4,
    }),
  ),
  mlflow_experiment: optional(experimentLocation),
});
export type TraceLocation = ParsedMessage<typeof traceLocation.fields>;

/**
 * The header of a trace. Times are RFC 3339 text and durations `1.500s` here, though the file form of a trace has
 * `execution_duration_ms` as a number.
 */
export const traceInfo = message({
  trace_id: withDefault(string(), ''),
  client_request_id: optional(string()),
  trace_location: optional(traceLocation),
  request_preview: optional(string()),
  response_preview: optional(string()),
  request_time: optional(timestamp()),
  execution_duration: optional(duration()),
  state: optional(traceState),
  trace_metadata: optional(stringMap(), { describe: 'Written once.' }),
  assessments: optional(repeated(assessment)),
  tags: optional(stringMap(), { describe: 'Changeable.' }),
});
export type TraceInfo = WireMessage<typeof traceInfo.fields>;
export type TraceInfoInput = ParsedMessage<typeof traceInfo.fields>;

/** A trace: its header and, where they are asked for, its spans in the JSON form of OpenTelemetry's protobuf. */
export const trace = message({
  trace_info: optional(traceInfo),
  spans: optional(repeated(jsonValue())),
});
export type Trace = WireMessage<typeof trace.fields>;

const traceId = () => required(string());

/** Previews and tags of a trace are small, but assessments come along. */
const START_BODY_LIMIT = 16 * 1024 * 1024;

export const startTraceV3 = endpoint({
  name: 'startTraceV3',
  method: 'POST',
  path: '/api/3.0/mlflow/traces',
  // The name is MLflow's. The Python client calls it when the trace has ended.
  summary: 'Store the header of a trace, merging it with what its spans have brought before.',
  permission: {
    level: 'EDIT',
    on: 'experiment',
    id: 'trace.trace_info.trace_location.mlflow_experiment.experiment_id',
  },
  request: message({ trace: required(trace) }),
  response: message({ trace: required(trace) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'INVALID_STATE'],
  bodyLimit: START_BODY_LIMIT,
});

export const getTraceInfoV3 = endpoint({
  name: 'getTraceInfoV3',
  method: 'GET',
  path: '/api/3.0/mlflow/traces/{trace_id}',
  summary: 'Get the header of a trace.',
  permission: { level: 'READ', on: 'trace', id: 'trace_id' },
  request: message({ trace_id: traceId() }),
  response: message({ trace: required(trace) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const getTrace = endpoint({
  name: 'getTrace',
  method: 'GET',
  path: '/api/3.0/mlflow/traces/get',
  summary: 'Get a trace with its spans, root first.',
  permission: { level: 'READ', on: 'trace', id: 'trace_id' },
  request: message({
    trace_id: traceId(),
    allow_partial: withDefault(bool(), false, {
      describe: 'Answer at once with the spans there are, even if more are announced.',
    }),
  }),
  response: message({ trace: required(trace) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

const batchRequest = message({
  trace_ids: required(repeated(string())),
  experiment_ids: optional(repeated(string()), {
    ifNull: [],
    describe: 'Only traces of these experiments; none when the list is there and empty, or `null`.',
  }),
});

export const batchGetTraces = endpoint({
  name: 'batchGetTraces',
  method: 'GET',
  path: '/api/3.0/mlflow/traces/batchGet',
  summary: 'Get traces with their spans, in the order asked for. Unknown and unfinished ones are left out.',
  permission: 'any-user',
  request: batchRequest,
  response: message({ traces: optional(repeated(trace)) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const batchGetTraceInfos = endpoint({
  name: 'batchGetTraceInfos',
  method: 'POST',
  path: '/api/3.0/mlflow/traces/batchGetInfos',
  summary: 'Get the headers of traces, in the order asked for. Unknown ones are left out.',
  permission: 'any-user',
  request: batchRequest,
  response: message({ trace_infos: optional(repeated(traceInfo)) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

/** MLflow's cap on a page of traces. */
const MOST_RESULTS = 500;

const searchFields = {
  filter: optional(string()),
  max_results: withDefault(int32(1, MOST_RESULTS), 100),
  order_by: withDefault(repeated(string()), []),
  page_token: optional(string()),
} as const;

export const searchTracesV3 = endpoint({
  name: 'searchTracesV3',
  method: 'POST',
  path: '/api/3.0/mlflow/traces/search',
  summary: 'Search the traces of some experiments, newest first unless order_by says otherwise.',
  permission: 'any-user',
  request: message({ locations: required(repeated(traceLocation)), ...searchFields }),
  response: message({ traces: optional(repeated(traceInfo)), next_page_token: optional(string()) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

const deleteRequest = message({
  experiment_id: required(string()),
  max_timestamp_millis: optional(int64(), { describe: 'Delete what began at this time or before.' }),
  max_traces: optional(int32(), { describe: 'Only so many, the oldest; with max_timestamp_millis alone.' }),
  request_ids: withDefault(repeated(string()), []),
});

const deleteDefinition = {
  method: 'POST',
  summary: 'Delete traces of an experiment for good: those named, or those up to a time.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: deleteRequest,
  response: message({ traces_deleted: required(int32()) }),
  errors: ['INVALID_PARAMETER_VALUE'],
} as const;

export const deleteTraces = endpoint({
  name: 'deleteTraces',
  path: '/api/2.0/mlflow/traces/delete-traces',
  ...deleteDefinition,
});

export const deleteTracesV3 = endpoint({
  name: 'deleteTracesV3',
  path: '/api/3.0/mlflow/traces/delete-traces',
  ...deleteDefinition,
});

export const traceEndpoints = {
  startTraceV3,
  getTraceInfoV3,
  getTrace,
  batchGetTraces,
  batchGetTraceInfos,
  searchTracesV3,
  deleteTraces,
  deleteTracesV3,
};
