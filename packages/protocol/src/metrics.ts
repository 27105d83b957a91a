import { endpoint } from './endpoint.ts';
import { runId } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, type ParsedMessage, repeated, type WireMessage } from './wire/message.ts';
import { double, int32, int64, string } from './wire/scalars.ts';

/** A metric as it is sent. The dataset fields count only together with a `model_id`. */
export const metricInput = message({
  key: required(string()),
  value: required(double()),
  timestamp: required(int64(), { describe: 'Milliseconds since the epoch, 0 or later.' }),
  step: withDefault(int64(), 0),
  model_id: optional(string()),
  dataset_name: optional(string()),
  dataset_digest: optional(string()),
});
export type MetricInput = ParsedMessage<typeof metricInput.fields>;

/** A metric as it is answered: runs carry the first four fields, logged models all of them. */
export const metric = message({
  key: required(string()),
  value: required(double()),
  timestamp: required(int64()),
  step: required(int64()),
  dataset_name: optional(string()),
  dataset_digest: optional(string()),
  model_id: optional(string()),
  run_id: optional(string()),
});
export type Metric = WireMessage<typeof metric.fields>;

const metricWithRunId = message({
  key: required(string()),
  value: required(double()),
  timestamp: required(int64()),
  step: required(int64()),
  run_id: required(string()),
});
export type MetricWithRunId = WireMessage<typeof metricWithRunId.fields>;

export const logMetric = endpoint({
  name: 'logMetric',
  method: 'POST',
  path: '/api/2.0/mlflow/runs/log-metric',
  summary: 'Log one point of a metric. The same point twice is one point.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({ run_id: runId(), ...metricInput.fields }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getMetricHistory = endpoint({
  name: 'getMetricHistory',
  method: 'GET',
  path: '/api/2.0/mlflow/metrics/get-history',
  summary: 'All points of one metric, ordered by timestamp, step and value. An unknown run or key has none.',
  permission: { level: 'READ', on: 'run', id: 'run_id' },
  request: message({
    run_id: runId(),
    metric_key: required(string()),
    page_token: optional(string()),
    max_results: optional(int32(1)),
  }),
  response: message({ metrics: optional(repeated(metric)), next_page_token: optional(string()) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

/** MLflow's caps on the two bulk calls: runs in one call, points in one answer, points per run when sampled. */
export const BULK_MAX_RUNS = 100;
export const BULK_MAX_POINTS = 25_000;
export const BULK_INTERVAL_MAX_POINTS = 2_500;

export const getMetricHistoryBulk = endpoint({
  name: 'getMetricHistoryBulk',
  method: 'GET',
  path: '/api/2.0/mlflow/metrics/get-history-bulk',
  ajaxOnly: true,
  summary: 'Points of one metric of several runs, ordered by run, timestamp and step; at most 25,000.',
  permission: 'any-user',
  request: message({
    run_id: required(repeated(string())),
    metric_key: required(string()),
    max_results: optional(int32(1)),
  }),
  response: message({ metrics: required(repeated(metricWithRunId)) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const getMetricHistoryBulkInterval = endpoint({
  name: 'getMetricHistoryBulkInterval',
  method: 'GET',
  path: '/api/2.0/mlflow/metrics/get-history-bulk-interval',
  summary: 'Evenly sampled points of one metric of several runs; the last point is always among them.',
  permission: 'any-user',
  request: message({
    run_ids: required(repeated(string())),
    metric_key: required(string()),
    start_step: optional(int64()),
    end_step: optional(int64()),
    max_results: withDefault(int32(1, BULK_INTERVAL_MAX_POINTS), BULK_INTERVAL_MAX_POINTS),
  }),
  response: message({ metrics: optional(repeated(metricWithRunId)) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const metricEndpoints = {
  logMetric,
  getMetricHistory,
  getMetricHistoryBulk,
  getMetricHistoryBulkInterval,
};
