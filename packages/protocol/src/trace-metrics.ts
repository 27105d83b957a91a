import { endpoint } from './endpoint.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { jsonValue, stringMap } from './wire/json-value.ts';
import { message, type ParsedMessage, repeated } from './wire/message.ts';
import { double, enumOf, int32, int64, string } from './wire/scalars.ts';

const viewType = enumOf({ TRACES: 1, SPANS: 2, ASSESSMENTS: 3 });
export type MetricViewType = 'TRACES' | 'SPANS' | 'ASSESSMENTS';

const aggregationType = enumOf({ COUNT: 1, SUM: 2, AVG: 3, PERCENTILE: 4, MIN: 5, MAX: 6 });
export type AggregationType = 'COUNT' | 'SUM' | 'AVG' | 'PERCENTILE' | 'MIN' | 'MAX';

const aggregation = message({
  aggregation_type: required(aggregationType),
  percentile_value: optional(double(), { describe: 'From 0 to 100; with PERCENTILE alone.' }),
});
export type MetricAggregation = ParsedMessage<typeof aggregation.fields>;

/** MLflow's own cap is none; a page of a chart has a few hundred points. */
const MOST_RESULTS = 50_000;

export const queryTraceMetrics = endpoint({
  name: 'queryTraceMetrics',
  method: 'POST',
  path: '/api/3.0/mlflow/traces/metrics',
  summary: 'Counts, sums, averages and percentiles over traces, spans or assessments, grouped and over time.',
  permission: 'any-user',
  request: message({
    experiment_ids: required(repeated(string())),
    view_type: required(viewType),
    metric_name: required(string()),
    aggregations: required(repeated(aggregation)),
    dimensions: withDefault(repeated(string()), []),
    filters: withDefault(repeated(string()), []),
    time_interval_seconds: optional(int64(), { describe: 'Needs start_time_ms and end_time_ms.' }),
    start_time_ms: optional(int64()),
    end_time_ms: optional(int64(), { describe: 'Included.' }),
    max_results: withDefault(int32(1, MOST_RESULTS), 1000),
    page_token: optional(string()),
  }),
  response: message({
    data_points: optional(
      repeated(
        message({
          metric_name: required(string()),
          dimensions: optional(stringMap()),
          values: required(jsonValue(), { describe: 'By COUNT, SUM, AVG, MIN, MAX or P95.0.' }),
        }),
      ),
    ),
    next_page_token: optional(string()),
  }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const calculateTraceFilterCorrelation = endpoint({
  name: 'calculateTraceFilterCorrelation',
  method: 'POST',
  path: '/api/3.0/mlflow/traces/calculate-filter-correlation',
  summary: 'How strongly two filters go together: normalised pointwise mutual information, from -1 to 1.',
  permission: 'any-user',
  request: message({
    experiment_ids: required(repeated(string())),
    filter_string1: required(string()),
    filter_string2: required(string()),
    base_filter: optional(string()),
  }),
  response: message({
    npmi: optional(double(), { describe: 'Absent where a filter matches nothing.' }),
    npmi_smoothed: optional(double()),
    filter1_count: required(int32()),
    filter2_count: required(int32()),
    joint_count: required(int32()),
    total_count: required(int32()),
  }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const traceMetricEndpoints = { queryTraceMetrics, calculateTraceFilterCorrelation };
