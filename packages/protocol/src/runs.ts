import { endpoint } from './endpoint.ts';
import { keyValue, runId, runStatus, viewType } from './fields.ts';
import { datasetInput, modelInput, modelOutput } from './inputs.ts';
import { metric, metricInput } from './metrics.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { int32, int64, string } from './wire/scalars.ts';

export const runInfo = message({
  run_id: required(string()),
  // The same value again: old Java and R clients read this one.
  run_uuid: required(string()),
  run_name: optional(string()),
  experiment_id: required(string()),
  user_id: optional(string()),
  status: required(runStatus),
  start_time: optional(int64(), { describe: 'Milliseconds since the epoch.' }),
  end_time: optional(int64(), { describe: 'Milliseconds since the epoch.' }),
  artifact_uri: optional(string()),
  lifecycle_stage: required(string()),
});
export type RunInfo = WireMessage<typeof runInfo.fields>;

export const runData = message({
  metrics: optional(repeated(metric), { describe: 'The latest point of each metric.' }),
  params: optional(repeated(keyValue)),
  tags: optional(repeated(keyValue)),
});

export const run = message({
  info: required(runInfo),
  data: required(runData),
  inputs: optional(
    message({
      dataset_inputs: optional(repeated(datasetInput)),
      model_inputs: optional(repeated(modelInput)),
    }),
  ),
  outputs: optional(message({ model_outputs: optional(repeated(modelOutput)) })),
});
export type Run = WireMessage<typeof run.fields>;

export const createRun = endpoint({
  name: 'createRun',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/create',
  summary: 'Start a run in an active experiment.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: required(string()),
    user_id: withDefault(string(), ''),
    run_name: withDefault(string(), ''),
    start_time: withDefault(int64(), 0),
    tags: withDefault(repeated(keyValue), []),
  }),
  response: message({ run: required(run) }),
  errors: ['INVALID_PARAMETER_VALUE', 'BAD_REQUEST', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getRun = endpoint({
  name: 'getRun',
  method: 'GET',
  path: '/api/2.0/mlflow/runs/get',
  summary: 'Get a run with its latest metrics, params, tags, inputs and outputs; deleted ones included.',
  permission: { level: 'READ', on: 'run', id: 'run_id' },
  request: message({ run_id: runId() }),
  response: message({ run: required(run) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const updateRun = endpoint({
  name: 'updateRun',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/update',
  summary: 'Change status, end time or name of an active run; what is absent stays.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({
    run_id: runId(),
    status: optional(runStatus),
    end_time: optional(int64()),
    run_name: optional(string()),
  }),
  response: message({ run_info: required(runInfo) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteRun = endpoint({
  name: 'deleteRun',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/delete',
  summary: 'Move a run to the trash.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({ run_id: runId() }),
  response: message({}),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const restoreRun = endpoint({
  name: 'restoreRun',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/restore',
  summary: 'Take a run out of the trash.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({ run_id: runId() }),
  response: message({}),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const searchRuns = endpoint({
  name: 'searchRuns',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/search',
  summary: 'Search the runs of some experiments. No experiment, no runs.',
  permission: 'any-user',
  request: message({
    experiment_ids: withDefault(repeated(string()), []),
    filter: optional(string()),
    run_view_type: withDefault(viewType, 'ACTIVE_ONLY'),
    max_results: withDefault(int32(1, 50_000), 1000),
    order_by: withDefault(repeated(string()), []),
    page_token: optional(string()),
  }),
  response: message({ runs: optional(repeated(run)), next_page_token: optional(string()) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const logParam = endpoint({
  name: 'logParam',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/log-parameter',
  summary: 'Log a param. It is written once: the same value again is fine, another value is refused.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({ run_id: runId(), key: required(string()), value: withDefault(string(), '') }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const setTag = endpoint({
  name: 'setTag',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/set-tag',
  summary: 'Set a tag on an active run, replacing an earlier value.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({ run_id: runId(), key: required(string()), value: withDefault(string(), '') }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteTag = endpoint({
  name: 'deleteTag',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/delete-tag',
  summary: 'Remove a tag from an active run.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({ run_id: runId(), key: required(string()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const logBatch = endpoint({
  name: 'logBatch',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/log-batch',
  summary: 'Log up to 1,000 metrics, 100 params and 100 tags, 1,000 in all.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({
    run_id: runId(),
    metrics: withDefault(repeated(metricInput), []),
    params: withDefault(repeated(keyValue), []),
    tags: withDefault(repeated(keyValue), []),
  }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const logModel = endpoint({
  name: 'logModel',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/log-model',
  summary: 'Record that a model was logged to a run, as clients before 3.0 do: appended to a tag of the run.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({ run_id: runId(), model_json: required(string()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const runEndpoints = {
  createRun,
  getRun,
  updateRun,
  deleteRun,
  restoreRun,
  searchRuns,
  logParam,
  setTag,
  deleteTag,
  logBatch,
  logModel,
};
