import { byDialect, type Db, empty, isIn, join, raw, type Sql, sql } from '@bitacora/db';
import type { Int64, MetricAggregation, MetricViewType } from '@bitacora/protocol';
import type { Figure } from './definitions.ts';
import { type Filters, traceOfAssessment } from './filters.ts';
import { toTimeBounds } from './time.ts';

export interface Question {
  readonly view: MetricViewType;
  readonly figure: Figure;
  readonly experiment_ids: readonly Int64[];
  readonly filters: Filters;
  readonly dimensions: readonly Sql[];
  readonly aggregations: readonly MetricAggregation[];
  readonly interval_s?: Int64 | undefined;
  readonly start_ms?: Int64 | undefined;
  readonly end_ms?: Int64 | undefined;
}

/** `bucket` is the start of an interval in milliseconds; `d0`… the dimensions, `v0`… the aggregates in their order. */
export type Point = Readonly<Record<string, string | number | bigint | null>>;

/** MySQL divides whole numbers into decimals, PostgreSQL averages them into text: doubles are the same everywhere. */
const asDouble = (value: Sql): Sql =>
  byDialect({
    sqlite: sql`${value} * 1e0`,
    postgresql: sql`CAST(${value} AS double precision)`,
    mysql: sql`${value} * 1e0`,
  });

/**
 * The inner statement gives a value per trace, span or assessment, ranked within its group where a percentile is
 * asked for; the outer one groups them. No engine but PostgreSQL has percentiles that interpolate.
 */
export function listPoints(db: Db, question: Question, limit: number, offset: number): Promise<Point[]> {
  const { figure, dimensions, aggregations, interval_s } = question;
  const names = [
    ...(interval_s === undefined ? [] : ['bucket']),
    ...dimensions.map((_, index) => `d${index}`),
  ];
  const ranked = aggregations.some(({ aggregation_type }) => aggregation_type === 'PERCENTILE');
  const group = names.length === 0 ? empty : raw(names.map((name) => `g.${name}`).join(', '));
  const partition = names.length === 0 ? empty : sql`PARTITION BY ${group}`;
  const values = figure.aggregations.includes('COUNT') ? raw('g.value') : asDouble(raw('g.value'));
  const inner = sql`SELECT ${group}${names.length === 0 ? empty : raw(', ')} ${values} AS value
    ${
      ranked
        ? sql`, row_number() OVER (${partition} ORDER BY g.value) - 1 AS position,
      count(*) OVER (${partition}) - 1 AS last`
        : empty
    }
    FROM (${rowsOf(question)}) g`;
  const columns = [
    ...names.map((name) => raw(`r.${name}`)),
    ...aggregations.map(
      (aggregation, index) => sql`${aggregate(figure, aggregation)} AS ${raw(`v${index}`)}`,
    ),
  ];
  const keys = join(
    names.map((name) => raw(`r.${name}`)),
    ', ',
  );
  const grouped = names.length === 0 ? empty : sql`GROUP BY ${keys} ORDER BY ${keys}`;
  return db.all(
    sql<Point>`SELECT ${join(columns, ', ')} FROM (${inner}) r ${grouped} LIMIT ${limit} OFFSET ${offset}`,
  );
}

function aggregate({ distinct }: Figure, { aggregation_type, percentile_value = 0 }: MetricAggregation): Sql {
  if (aggregation_type !== 'PERCENTILE')
    return raw(`${aggregation_type}(${distinct ? 'DISTINCT ' : ''}r.value)`);
  return percentile(percentile_value / 100);
}

/**
 * Linear between the two values around the place, as NumPy's default; the place counts from 0 to the last row. Where
 * it is a row's own, both are that row's.
 */
function percentile(fraction: number): Sql {
  const place = byDialect({
    sqlite: sql`(${fraction} * r.last)`,
    postgresql: sql`(CAST(${fraction} AS double precision) * r.last)`,
    // Written as text, a fraction is a decimal there, which is rounded otherwise than a double.
    mysql: sql`(${fraction} * 1e0 * r.last)`,
  });
  const below = sql`MAX(CASE WHEN r.position <= ${place} THEN r.value END)`;
  const above = sql`MIN(CASE WHEN r.position >= ${place} THEN r.value END)`;
  const weight = sql`MIN(CASE WHEN r.position <= ${place} THEN ${place} - r.position END)`;
  return sql`${below} + (${above} - ${below}) * ${weight}`;
}

function rowsOf({ view, figure, experiment_ids, filters, dimensions, interval_s, ...range }: Question): Sql {
  const { ofTraces, ofRows } = filters;
  const present = [
    sql`${figure.value} IS NOT NULL`,
    ...dimensions.map((column) => sql`${column} IS NOT NULL`),
  ];
  const columns = (time: string, unitsPerMs: bigint) =>
    join(
      [
        ...(interval_s === undefined ? [] : [sql`${bucket(time, interval_s, unitsPerMs)} AS bucket`]),
        ...dimensions.map((column, index) => sql`${column} AS ${raw(`d${index}`)}`),
        sql`${figure.value} AS value`,
      ],
      ', ',
    );
  const where = (conditions: readonly Sql[]) => join([...conditions, ...ofRows, ...present], ' AND ');
  switch (view) {
    case 'TRACES':
      return sql`SELECT ${columns('t.timestamp_ms', 1n)} FROM trace_info t
        WHERE ${where([isIn('t.experiment_id', experiment_ids), ...ofTraces, ...toTimeBounds('t.timestamp_ms', range, 1n)])}`;
    case 'SPANS': {
      const start = 's.start_time_unix_nano';
      const bounds = figure.bySpanStart
        ? toTimeBounds(start, range, 1_000_000n)
        : toTimeBounds('t.timestamp_ms', range, 1n);
      // Costs stand with model, experiment and time in the spans themselves, under an index of MLflow's.
      const alone = figure.bySpanStart && ofTraces.length === 0;
      const from = alone
        ? sql`FROM spans s WHERE ${where([isIn('s.experiment_id', experiment_ids), ...bounds])}`
        : sql`FROM trace_info t JOIN spans s ON s.trace_id = t.request_id
          WHERE ${where([isIn('t.experiment_id', experiment_ids), ...ofTraces, ...bounds])}`;
      return sql`SELECT ${columns(start, 1_000_000n)} ${from}`;
    }
    case 'ASSESSMENTS': {
      const traces = ofTraces.length === 0 ? [] : [traceOfAssessment(join(ofTraces, ' AND '))];
      return sql`SELECT ${columns('a.trace_timestamp_ms', 1n)} FROM assessments a
        WHERE ${where([
          isIn('a.experiment_id', experiment_ids),
          sql`a.valid = ${true}`,
          ...traces,
          ...toTimeBounds('a.trace_timestamp_ms', range, 1n),
        ])}`;
    }
  }
}

/** The start of the interval a time lies in, in the column's unit; also right before 1970, where `%` is negative. */
function bucket(column: string, interval_s: Int64, unitsPerMs: bigint): Sql {
  const size = raw(String(BigInt(interval_s) * 1000n * unitsPerMs));
  const time = raw(column);
  return sql`(${time} - ((${time} % ${size}) + ${size}) % ${size})`;
}
