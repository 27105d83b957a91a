import { PythonFloat, toPythonJson } from '@bitacora/db';
import {
  type Input,
  type Int64,
  invalidParameter,
  type MetricAggregation,
  type queryTraceMetrics,
} from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { keepExperimentsInScope } from '../experiments/queries.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { findDimension, findFigure } from './definitions.ts';
import { toFilters } from './filters.ts';
import { listPoints, type Point } from './queries.ts';

/** Each is a column or two of the statement. */
const MOST_AGGREGATIONS = 20;
const MOST_FILTERS = 50;

/** MLflow gives one page and no token; here the rest can be had too. */
export async function query({ db, scope }: ReadDeps, input: Input<typeof queryTraceMetrics>) {
  const view = input.view_type ?? 'TRACES';
  const { metric_name, filters, dimensions, start_time_ms: start_ms, end_time_ms: end_ms } = input;
  const figure = findFigure(view, metric_name);
  const aggregations = input.aggregations.map((aggregation, index) =>
    checkAggregation(aggregation, figure.aggregations, `aggregations[${index}]`),
  );
  if (aggregations.length === 0 || aggregations.length > MOST_AGGREGATIONS)
    throw invalidParameter(
      `'aggregations' has ${aggregations.length} entries, from 1 to ${MOST_AGGREGATIONS} are allowed.`,
    );
  if (filters.length > MOST_FILTERS)
    throw invalidParameter(`'filters' has ${filters.length} entries, at most ${MOST_FILTERS} are allowed.`);
  if (new Set(dimensions).size < dimensions.length)
    throw invalidParameter("'dimensions' names a dimension twice. Name each once.");
  const interval_s = checkInterval(input);
  const question = {
    view,
    figure,
    dimensions: dimensions.map((name) => findDimension(figure, name)),
    aggregations,
    filters: toFilters(filters, view),
    interval_s,
    start_ms,
    end_ms,
  };
  const offset = fromPageToken(input.page_token);
  const asked = [...new Set(input.experiment_ids.map(parseExperimentId))];
  const experiment_ids = await keepExperimentsInScope(db, scope, asked);
  const limit = input.max_results;
  const found = await listPoints(db, { ...question, experiment_ids }, limit + 1, offset);
  const { rows, ...next } = page(found, limit, offset);
  const unitsPerMs = view === 'SPANS' ? 1_000_000n : 1n;
  const data_points = rows.flatMap((point) => {
    const values = valuesOf(point, aggregations);
    const place = {
      ...(interval_s === undefined ? {} : { time_bucket: toTime(point.bucket, unitsPerMs) }),
      ...Object.fromEntries(dimensions.map((name, index) => [name, String(point[`d${index}`])])),
    };
    // Without rows the aggregates are NULL, but for a count.
    if (Object.keys(values).length === 0) return [];
    return [{ metric_name, ...(Object.keys(place).length === 0 ? {} : { dimensions: place }), values }];
  });
  return { ...(data_points.length === 0 ? {} : { data_points }), ...next };
}

function checkAggregation(
  aggregation: MetricAggregation,
  allowed: readonly string[],
  path: string,
): MetricAggregation {
  const { aggregation_type: type, percentile_value: value } = aggregation;
  if (type === undefined || !allowed.includes(type))
    throw invalidParameter(
      `Found invalid aggregation_type '${type}' in '${path}'. Supported aggregation types: ${allowed.join(', ')}.`,
    );
  if (type === 'PERCENTILE' ? !(value !== undefined && value >= 0 && value <= 100) : value !== undefined)
    throw invalidParameter(
      `Invalid value ${value} for parameter '${path}.percentile_value': it must be from 0 to 100 for PERCENTILE, and absent otherwise.`,
    );
  return aggregation;
}

/** Longer than MLflow's own times. */
const MOST_SECONDS = 10n ** 9n;

function checkInterval({
  time_interval_seconds: interval,
  start_time_ms,
  end_time_ms,
}: Input<typeof queryTraceMetrics>): Int64 | undefined {
  if (interval === undefined || Number(interval) === 0) return undefined;
  if (interval < 0 || interval > MOST_SECONDS)
    throw invalidParameter(
      `Invalid value ${interval} for parameter 'time_interval_seconds': it must be from 1 to ${MOST_SECONDS}.`,
    );
  if (start_time_ms === undefined || end_time_ms === undefined)
    throw invalidParameter(
      "'start_time_ms' and 'end_time_ms' are required where 'time_interval_seconds' is given.",
    );
  return interval;
}

function valuesOf(point: Point, aggregations: readonly MetricAggregation[]): Record<string, number> {
  const values: Record<string, number> = {};
  aggregations.forEach((aggregation, index) => {
    const value = point[`v${index}`];
    if (value !== null && value !== undefined) values[labelOf(aggregation)] = Number(value);
  });
  return values;
}

/** `P95.0`: the percentile as Python writes a float. */
const labelOf = ({ aggregation_type, percentile_value }: MetricAggregation) =>
  aggregation_type === 'PERCENTILE'
    ? `P${toPythonJson(new PythonFloat(percentile_value ?? 0))}`
    : String(aggregation_type);

/** As Python's `isoformat` writes whole seconds in UTC. */
const toTime = (bucket: Point[string] | undefined, unitsPerMs: bigint): string =>
  new Date(Number(BigInt(bucket ?? 0) / unitsPerMs)).toISOString().replace(/\.\d+Z$/, '+00:00');
