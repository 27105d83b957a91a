import { createAssessment, linkTracesToRun, queryTraceMetrics, type Request } from '@bitacora/protocol';
import { buildExperiment, buildTrace, type TestApp, testApp } from '@bitacora/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

type Question = Omit<Request<typeof queryTraceMetrics>, 'experiment_ids'> & {
  readonly experiment_ids?: readonly string[];
};

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 0, 1, 12);

describe('queryTraceMetrics', () => {
  let app: TestApp;
  let other: string;

  const ask = async (question: Question) =>
    (await app.call(queryTraceMetrics, { experiment_ids: ['0'], ...question })).data_points ?? [];

  beforeAll(async () => {
    app = await testApp();
    other = await buildExperiment(app);
    const latencies = [10, 20, 30, 40, 1000];
    for (const [index, execution_duration] of latencies.entries()) {
      const request_time = NOON + index * HOUR;
      const trace_id = await buildTrace(app, {
        trace_id: `tr-${index}`,
        request_time,
        execution_duration,
        state: index === 4 ? 'ERROR' : 'OK',
        tags: { 'mlflow.traceName': index % 2 ? 'chat' : 'search', env: index < 2 ? 'prod' : 'dev' },
        trace_metadata: {
          'mlflow.trace.session': `s${index % 2}`,
          'mlflow.trace.tokenUsage': `{"input_tokens": ${index}, "output_tokens": 10}`,
        },
        spans: [
          {
            name: 'root',
            type: 'CHAIN',
            start_time_unix_nano: BigInt(request_time) * 1_000_000n,
            end_time_unix_nano: BigInt(request_time) * 1_000_000n + 5_999_999n,
          },
          {
            name: 'llm',
            type: 'LLM',
            status: index === 4 ? 'ERROR' : 'OK',
            start_time_unix_nano: BigInt(request_time) * 1_000_000n + 1n,
            end_time_unix_nano: null,
            total_cost: 0.25 * index,
            model_name: index < 3 ? 'gpt' : 'claude',
          },
        ],
      });
      await app.call(createAssessment, {
        trace_id,
        assessment: { assessment_name: 'score', feedback: { value: index } },
      });
    }
    await app.call(createAssessment, {
      trace_id: 'tr-0',
      assessment: { assessment_name: 'good', feedback: { value: 'yes' } },
    });
    await buildTrace(app, { trace_id: 'tr-other', experiment_id: other, request_time: NOON });
    await app.call(linkTracesToRun, { trace_ids: ['tr-3'], run_id: 'run1' });
  });

  afterAll(() => app[Symbol.asyncDispose]());

  test('counts traces, by name and state', async () => {
    const count = {
      view_type: 'TRACES',
      metric_name: 'trace_count',
      aggregations: [{ aggregation_type: 'COUNT' }],
    } as const;
    expect(await ask(count)).toEqual([{ metric_name: 'trace_count', values: { COUNT: 5 } }]);
    expect(await ask({ ...count, experiment_ids: ['0', other] })).toMatchObject([{ values: { COUNT: 6 } }]);
    expect(await ask({ ...count, dimensions: ['trace_name', 'trace_status'] })).toEqual([
      {
        metric_name: 'trace_count',
        dimensions: { trace_name: 'chat', trace_status: 'OK' },
        values: { COUNT: 2 },
      },
      {
        metric_name: 'trace_count',
        dimensions: { trace_name: 'search', trace_status: 'ERROR' },
        values: { COUNT: 1 },
      },
      {
        metric_name: 'trace_count',
        dimensions: { trace_name: 'search', trace_status: 'OK' },
        values: { COUNT: 2 },
      },
    ]);
    // A trace without the value of a dimension is in no group.
    expect(await ask({ ...count, experiment_ids: [other], dimensions: ['trace_name'] })).toEqual([]);
    for (const experiment_ids of [['77'], []]) {
      expect(await ask({ ...count, experiment_ids })).toEqual([
        { metric_name: 'trace_count', values: { COUNT: 0 } },
      ]);
    }
  });

  test('counts sessions once each', async () => {
    const question = {
      view_type: 'TRACES',
      metric_name: 'session_count',
      aggregations: [{ aggregation_type: 'COUNT' }],
    } as const;
    expect(await ask(question)).toMatchObject([{ values: { COUNT: 2 } }]);
  });

  test('interpolates percentiles as NumPy does', async () => {
    const latency = {
      view_type: 'TRACES',
      metric_name: 'latency',
      aggregations: [
        { aggregation_type: 'AVG' },
        { aggregation_type: 'MIN' },
        { aggregation_type: 'MAX' },
        ...[0, 50, 90, 99.5, 100].map((percentile_value) => ({
          aggregation_type: 'PERCENTILE' as const,
          percentile_value,
        })),
      ],
    } as const;
    const [point] = await ask(latency);
    const values = point?.values as Record<string, number>;
    expect(values).toMatchObject({ AVG: 220, MIN: 10, MAX: 1000, 'P0.0': 10, 'P50.0': 30, 'P100.0': 1000 });
    expect(values['P90.0']).toBeCloseTo(616);
    expect(values['P99.5']).toBeCloseTo(980.8);
    const [chat, searching] = await ask({ ...latency, dimensions: ['trace_name'] });
    expect(chat?.values).toMatchObject({ 'P50.0': 30, AVG: 30 });
    expect(searching?.values).toMatchObject({ 'P50.0': 30, MAX: 1000 });
  });

  test('gives percentiles on every engine to the last digit', async () => {
    await using own = await testApp();
    const durations = [95, 95, 100, 13, 7];
    for (const execution_duration of durations) await buildTrace(own, { execution_duration });
    const sorted = durations.toSorted((a, b) => a - b);
    const percentiles = Array.from({ length: 18 }, (_, index) => 5.3 * (index + 1));
    const [point] = (
      await own.call(queryTraceMetrics, {
        experiment_ids: ['0'],
        view_type: 'TRACES',
        metric_name: 'latency',
        aggregations: percentiles.map((percentile_value) => ({
          aggregation_type: 'PERCENTILE',
          percentile_value,
        })),
      })
    ).data_points!;
    const expected = percentiles.map((percentile) => {
      const place = (percentile / 100) * (sorted.length - 1);
      const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
      return below + (above - below) * (place - Math.floor(place));
    });
    expect(Object.values(point!.values!)).toEqual(expected);
  });

  test('adds tokens up', async () => {
    const sum = { view_type: 'TRACES', aggregations: [{ aggregation_type: 'SUM' }] } as const;
    expect(await ask({ ...sum, metric_name: 'input_tokens' })).toMatchObject([{ values: { SUM: 10 } }]);
    expect(await ask({ ...sum, metric_name: 'output_tokens' })).toMatchObject([{ values: { SUM: 50 } }]);
    expect(await ask({ ...sum, metric_name: 'total_tokens' })).toEqual([]);
  });

  test('groups by intervals of time, both ends of the range included', async () => {
    const question = {
      view_type: 'TRACES',
      metric_name: 'trace_count',
      aggregations: [{ aggregation_type: 'COUNT' }],
      time_interval_seconds: 7200,
      start_time_ms: NOON,
      end_time_ms: NOON + 3 * HOUR,
    } as const;
    expect(await ask(question)).toEqual([
      {
        metric_name: 'trace_count',
        dimensions: { time_bucket: '2026-01-01T12:00:00+00:00' },
        values: { COUNT: 2 },
      },
      {
        metric_name: 'trace_count',
        dimensions: { time_bucket: '2026-01-01T14:00:00+00:00' },
        values: { COUNT: 2 },
      },
    ]);
    expect(await ask({ ...question, end_time_ms: NOON + 3 * HOUR - 1 })).toMatchObject([
      { values: { COUNT: 2 } },
      { values: { COUNT: 1 } },
    ]);
    for (const end_time_ms of [2n ** 62n, -(2n ** 62n)])
      expect(
        await ask({ ...question, view_type: 'SPANS', metric_name: 'span_count', end_time_ms }),
      ).toHaveLength(end_time_ms > 0 ? 3 : 0);
  });

  test('reads spans: counts, latency in whole milliseconds, cost by model', async () => {
    const count = {
      view_type: 'SPANS',
      metric_name: 'span_count',
      aggregations: [{ aggregation_type: 'COUNT' }],
    } as const;
    expect(await ask({ ...count, dimensions: ['span_type', 'span_status'] })).toMatchObject([
      { dimensions: { span_type: 'CHAIN', span_status: 'OK' }, values: { COUNT: 5 } },
      { dimensions: { span_type: 'LLM', span_status: 'ERROR' }, values: { COUNT: 1 } },
      { dimensions: { span_type: 'LLM', span_status: 'OK' }, values: { COUNT: 4 } },
    ]);
    expect(
      await ask({ view_type: 'SPANS', metric_name: 'latency', aggregations: [{ aggregation_type: 'MAX' }] }),
    ).toMatchObject([{ values: { MAX: 5 } }]);
    const cost = {
      view_type: 'SPANS',
      metric_name: 'total_cost',
      aggregations: [{ aggregation_type: 'SUM' }],
      dimensions: ['span_model_name'],
    } as const;
    expect(await ask(cost)).toMatchObject([
      { dimensions: { span_model_name: 'claude' }, values: { SUM: 1.75 } },
      { dimensions: { span_model_name: 'gpt' }, values: { SUM: 0.75 } },
    ]);
    const day = { time_interval_seconds: 86_400, start_time_ms: NOON, end_time_ms: NOON + 5 * HOUR };
    expect(await ask({ ...cost, ...day, filters: ["trace.status = 'OK'"] })).toMatchObject([
      {
        dimensions: { time_bucket: '2026-01-01T00:00:00+00:00', span_model_name: 'claude' },
        values: { SUM: 0.75 },
      },
      { dimensions: { span_model_name: 'gpt' }, values: { SUM: 0.75 } },
    ]);
  });

  test('reads assessments that are not overridden', async () => {
    const value = {
      view_type: 'ASSESSMENTS',
      metric_name: 'assessment_value',
      aggregations: [{ aggregation_type: 'AVG' }],
      dimensions: ['assessment_name'],
    } as const;
    expect(await ask(value)).toMatchObject([
      { dimensions: { assessment_name: 'good' }, values: { AVG: 1 } },
      { dimensions: { assessment_name: 'score' }, values: { AVG: 2 } },
    ]);
    expect(
      await ask({ ...value, filters: ["assessment.name = 'score'", "trace.status = 'ERROR'"] }),
    ).toMatchObject([{ values: { AVG: 4 } }]);
    const count = {
      view_type: 'ASSESSMENTS',
      metric_name: 'assessment_count',
      aggregations: [{ aggregation_type: 'COUNT' }],
      dimensions: ['assessment_value'],
      filters: ["assessment.type = 'feedback'", "assessment.name = 'good'"],
    } as const;
    expect(await ask(count)).toMatchObject([
      { dimensions: { assessment_value: '"yes"' }, values: { COUNT: 1 } },
    ]);
  });

  test.each([
    ["trace.status = 'ERROR'", 1],
    ["trace.tag.env = 'prod'", 2],
    ["trace.tag.`mlflow.traceName` = 'chat'", 2],
    ["trace.metadata.`mlflow.trace.session` = 's0'", 3],
    ["trace.metadata.mlflow.sourceRun = 'run1'", 1],
    ['trace.metadata.`mlflow.trace.tokenUsage` = \'{"input_tokens": 1, "output_tokens": 10}\'', 1],
    ["trace.tag.env = 'none'", 0],
  ])('is restricted by %s', async (filter, COUNT) => {
    const question = { metric_name: 'trace_count', aggregations: [{ aggregation_type: 'COUNT' }] } as const;
    expect(await ask({ ...question, view_type: 'TRACES', filters: [filter] })).toMatchObject([
      { values: { COUNT } },
    ]);
  });

  test('gives pages', async () => {
    const question = {
      experiment_ids: ['0'],
      view_type: 'TRACES',
      metric_name: 'trace_count',
      aggregations: [{ aggregation_type: 'COUNT' }],
      dimensions: ['trace_name'],
      max_results: 1,
    } as const;
    const first = await app.call(queryTraceMetrics, question);
    expect(first.data_points).toMatchObject([{ dimensions: { trace_name: 'chat' } }]);
    const second = await app.call(queryTraceMetrics, { ...question, page_token: first.next_page_token });
    expect(second).toMatchObject({ data_points: [{ dimensions: { trace_name: 'search' } }] });
    expect(second).not.toHaveProperty('next_page_token');
  });

  test.each([
    [{ metric_name: 'colour' }, 'metric_name must be one of'],
    [{ metric_name: 'constructor' }, 'metric_name must be one of'],
    [{ aggregations: [{ aggregation_type: 'SUM' }] }, 'Supported aggregation types: COUNT'],
    [{ aggregations: [] }, 'aggregations'],
    [{ dimensions: ['span_name'] }, 'Supported dimensions: trace_name, trace_status'],
    [{ dimensions: ['trace_name', 'trace_name'] }, 'twice'],
    [{ metric_name: 'latency', aggregations: [{ aggregation_type: 'PERCENTILE' }] }, 'percentile_value'],
    [
      { metric_name: 'latency', aggregations: [{ aggregation_type: 'PERCENTILE', percentile_value: 101 }] },
      'percentile_value',
    ],
    [
      { metric_name: 'latency', aggregations: [{ aggregation_type: 'AVG', percentile_value: 5 }] },
      'percentile_value',
    ],
    [{ time_interval_seconds: 60 }, 'start_time_ms'],
    [{ time_interval_seconds: -1, start_time_ms: 0, end_time_ms: 1 }, 'time_interval_seconds'],
    [{ time_interval_seconds: 2n ** 60n, start_time_ms: 0, end_time_ms: 1 }, 'time_interval_seconds'],
    [{ filters: ["trace.status = 'OK' AND trace.status = 'OK'"] }, 'one filter clause'],
    [{ filters: [''] }, 'one filter clause'],
    [{ filters: ["trace.status != 'OK'"] }, 'Invalid comparator'],
    [{ filters: ["status = 'OK'"] }, 'Invalid attribute key'],
    [{ filters: ["trace.colour = 'x'"] }, 'Invalid trace attribute key'],
    [{ filters: ["span.name = 'x'"] }, 'view type SPANS'],
    [{ filters: ["assessment.name = 'x'"] }, 'view type ASSESSMENTS'],
    [{ max_results: 0 }, 'max_results'],
    [{ view_type: 'COLOURS' }, 'view_type'],
  ])('refuses %#', async (wrong, words) => {
    const question = {
      view_type: 'TRACES',
      metric_name: 'trace_count',
      aggregations: [{ aggregation_type: 'COUNT' }],
      ...wrong,
    } as Question;
    await expect(ask(question)).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining(words),
    });
  });
});
