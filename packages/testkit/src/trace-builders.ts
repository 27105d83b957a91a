import { sql, toPythonJson } from '@bitacora/db';
import { type Request, startTraceV3, toWireDuration, toWireTimestamp } from '@bitacora/protocol';
import type { TestApp } from './test-app.ts';

let counter = 0;
const next = () => ++counter;

type TraceOptions = Omit<
  NonNullable<Request<typeof startTraceV3>['trace']['trace_info']>,
  'request_time' | 'execution_duration'
> & {
  readonly experiment_id?: string;
  /** Milliseconds since the epoch; each trace begins later than the one before. */
  readonly request_time?: number;
  /** Milliseconds; absent while the trace is in progress. */
  readonly execution_duration?: number;
  readonly spans?: readonly SpanOptions[];
};

interface SpanOptions {
  readonly span_id?: string;
  readonly parent_span_id?: string | null;
  readonly name?: string;
  readonly type?: string;
  readonly status?: string;
  /** Nanoseconds since the epoch. */
  readonly start_time_unix_nano?: bigint;
  readonly end_time_unix_nano?: bigint | null;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly total_cost?: number;
  readonly model_name?: string;
}

/** The header of a trace in experiment 0 unless told otherwise, with spans in the database if there are any; its id. */
export async function buildTrace(
  app: TestApp,
  { experiment_id = '0', request_time, execution_duration, spans = [], tags, ...info }: TraceOptions = {},
): Promise<string> {
  const number = next();
  const trace_id = info.trace_id ?? `tr-${number.toString(16).padStart(32, '0')}`;
  await app.call(startTraceV3, {
    trace: {
      trace_info: {
        state: 'OK',
        ...info,
        trace_id,
        trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } },
        request_time: toWireTimestamp(request_time ?? 1_700_000_000_000 + number),
        ...(execution_duration === undefined
          ? {}
          : { execution_duration: toWireDuration(execution_duration) }),
        tags: { ...tags, ...(spans.length === 0 ? {} : { 'mlflow.trace.spansLocation': 'TRACKING_STORE' }) },
      },
    },
  });
  await buildSpans(app, trace_id, experiment_id, spans);
  return trace_id;
}

/** Spans of a trace as rows of the database, each a second long. */
export async function buildSpans(
  app: TestApp,
  trace_id: string,
  experiment_id: string,
  spans: readonly SpanOptions[],
): Promise<void> {
  await app.store.write(async (tx) => {
    for (const [index, span] of spans.entries()) {
      const start = span.start_time_unix_nano ?? 1_700_000_000_000_000_000n + BigInt(index);
      const end = span.end_time_unix_nano === undefined ? start + 1_000_000_000n : span.end_time_unix_nano;
      const span_id = span.span_id ?? (index + 1).toString(16).padStart(16, '0');
      const parent = span.parent_span_id ?? null;
      const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
      const attributes = Object.entries({ 'mlflow.traceRequestId': trace_id, ...span.attributes });
      const content = toPythonJson(
        {
          trace_id: base64(trace_id.replace('tr-', '')),
          span_id: base64(span_id),
          parent_span_id: parent === null ? null : base64(parent),
          name: span.name ?? 'span',
          start_time_unix_nano: start,
          end_time_unix_nano: end,
          events: [],
          status: { code: `STATUS_CODE_${span.status ?? 'OK'}`, message: '' },
          attributes: Object.fromEntries(
            attributes.map(([key, value]) => [key, toPythonJson(value, { ascii: false })]),
          ),
          links: [],
        },
        { ascii: false },
      );
      await tx.run(sql`
        INSERT INTO spans (trace_id, experiment_id, span_id, parent_span_id, name, type, status,
          start_time_unix_nano, end_time_unix_nano, content, total_cost, model_name)
        VALUES (${trace_id}, ${experiment_id}, ${span_id}, ${parent}, ${span.name ?? 'span'},
          ${span.type ?? 'UNKNOWN'}, ${span.status ?? 'OK'}, ${start}, ${end}, ${content},
          ${span.total_cost ?? null}, ${span.model_name ?? null})`);
    }
  });
}
