import { type Sql, sql } from '@bitacora/db';
import { type AggregationType, invalidParameter, type MetricViewType } from '@bitacora/protocol';

/** What a figure is made of, and what may be asked about it. */
export interface Figure {
  /** The value per trace `t`, span `s` or assessment `a`; rows without one do not count. */
  readonly value: Sql;
  /** Equal values count once. */
  readonly distinct?: boolean;
  readonly aggregations: readonly AggregationType[];
  readonly dimensions: readonly string[];
  /** Spans are placed in time by their own start, not by that of their trace. */
  readonly bySpanStart?: boolean;
}

const SPREAD = ['AVG', 'MIN', 'MAX', 'PERCENTILE'] as const;
const AMOUNT = ['SUM', ...SPREAD] as const;

const tokens = (column: Sql): Figure => ({
  value: column,
  aggregations: AMOUNT,
  dimensions: ['trace_name'],
});

const cost = (column: Sql): Figure => ({
  value: column,
  aggregations: AMOUNT,
  dimensions: ['span_model_name', 'span_model_provider'],
  bySpanStart: true,
});

/** MLflow 3.17's figures; whatever else is asked for is refused with what there is. */
const FIGURES: Readonly<Record<MetricViewType, Readonly<Record<string, Figure>>>> = {
  TRACES: {
    trace_count: {
      value: sql`t.request_id`,
      aggregations: ['COUNT'],
      dimensions: ['trace_name', 'trace_status'],
    },
    session_count: { value: sql`t.session_id`, distinct: true, aggregations: ['COUNT'], dimensions: [] },
    latency: { value: sql`t.execution_time_ms`, aggregations: SPREAD, dimensions: ['trace_name'] },
    input_tokens: tokens(sql`t.input_tokens`),
    output_tokens: tokens(sql`t.output_tokens`),
    total_tokens: tokens(sql`t.total_tokens`),
    cache_read_input_tokens: tokens(sql`t.cache_read_input_tokens`),
    cache_creation_input_tokens: tokens(sql`t.cache_creation_input_tokens`),
  },
  SPANS: {
    span_count: {
      value: sql`s.span_id`,
      aggregations: ['COUNT'],
      dimensions: ['span_name', 'span_type', 'span_status', 'span_model_name', 'span_model_provider'],
    },
    latency: {
      // Whole milliseconds, as MLflow counts them.
      value: sql`((s.end_time_unix_nano - s.start_time_unix_nano) - (s.end_time_unix_nano - s.start_time_unix_nano) % 1000000) / 1000000`,
      aggregations: SPREAD,
      dimensions: ['span_name', 'span_status'],
    },
    input_cost: cost(sql`s.input_cost`),
    output_cost: cost(sql`s.output_cost`),
    total_cost: cost(sql`s.total_cost`),
  },
  ASSESSMENTS: {
    assessment_count: {
      value: sql`a.assessment_id`,
      aggregations: ['COUNT'],
      dimensions: ['assessment_name', 'assessment_value'],
    },
    assessment_value: {
      value: sql`a.aggregate_value`,
      aggregations: SPREAD,
      dimensions: ['assessment_name'],
    },
  },
};

const DIMENSIONS: Readonly<Record<string, Sql>> = {
  trace_name: sql`t.trace_name`,
  trace_status: sql`t.status`,
  span_name: sql`s.name`,
  span_type: sql`s.type`,
  span_status: sql`s.status`,
  span_model_name: sql`s.model_name`,
  span_model_provider: sql`s.model_provider`,
  assessment_name: sql`a.name`,
  assessment_value: sql`a.value`,
};

/** @throws MlflowError INVALID_PARAMETER_VALUE naming the figures there are. */
export function findFigure(view: MetricViewType, metric_name: string): Figure {
  const figures = FIGURES[view];
  const figure = Object.hasOwn(figures, metric_name) ? figures[metric_name] : undefined;
  if (figure) return figure;
  throw invalidParameter(
    `metric_name must be one of ${Object.keys(figures).join(', ')} for view type ${view}, got '${metric_name.slice(0, 100).toWellFormed()}'.`,
  );
}

/** @throws MlflowError INVALID_PARAMETER_VALUE naming the dimensions of the figure. */
export function findDimension(figure: Figure, name: string): Sql {
  const column = figure.dimensions.includes(name) ? DIMENSIONS[name] : undefined;
  if (column) return column;
  throw invalidParameter(
    `Found invalid dimension '${name.slice(0, 100).toWellFormed()}'. Supported dimensions: ${figure.dimensions.join(', ') || 'none'}.`,
  );
}
