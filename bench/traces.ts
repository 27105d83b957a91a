import { randomUUID } from 'node:crypto';
import { load, timedWhenWarm } from './measure.ts';
import { traceBodies } from './otlp-body.ts';
import type { Figures, Options } from './phases.ts';
import { settle } from './seed.ts';
import type { Target } from './targets.ts';

const SPANS = 20;
/** As many traces as exporters put into one request: they send 512 spans at a time. */
const BATCH = 25;

/** Sends exports of so many traces of 20 spans each; the ids of the traces of the last one. */
export function exporter(target: Target, experiment: string): (traces: number) => Promise<string[]> {
  const next = traceBodies(SPANS);
  const headers = { 'content-type': 'application/x-protobuf', 'x-mlflow-experiment-id': experiment };
  return async (traces) => {
    const made = Array.from({ length: traces }, next);
    await target.request('POST', '/v1/traces', Buffer.concat(made.map(({ body }) => body)), headers);
    return made.map(({ trace_id }) => trace_id);
  };
}

/** Traces of 20 spans, half of them calls of a model, over OTLP in protobuf; then reading them. */
export async function traces(target: Target, { seconds }: Options): Promise<Figures> {
  const { experiment_id = '0' } = await target.post<{ experiment_id?: string }>('experiments/create', {
    name: `traces ${randomUUID()}`,
  });
  const send = exporter(target, experiment_id);
  const figures: Figures = {};
  // Each of MLflow's workers takes seconds for its first trace; one caller would measure just that. And PostgreSQL keeps
  // the plans of a connection that were made while the tables had no rows, until it has looked at them again.
  await load(16, seconds, () => send(1));
  await settle(target);
  for (const callers of [1, 16]) {
    const { per_s, p99_ms } = await load(callers, seconds, () => send(1));
    figures[`otlp_trace_c${callers}_per_s`] = per_s;
    figures[`otlp_trace_c${callers}_p99_ms`] = p99_ms;
  }
  figures[`otlp_batch_of_${BATCH}_c4_traces_per_s`] =
    (await load(4, seconds, () => send(BATCH))).per_s * BATCH;
  const ids = await send(BATCH);
  const whole = JSON.parse(await target.request('GET', `/api/3.0/mlflow/traces/get?trace_id=${ids[0]}`)) as {
    trace?: { spans?: unknown[] };
  };
  if (whole.trace?.spans?.length !== SPANS)
    throw new Error(`${target.kind.name} gave ${whole.trace?.spans?.length} spans of a trace`);
  figures.get_trace_c16_per_s = (
    await load(16, seconds, (_, count) =>
      target.request('GET', `/api/3.0/mlflow/traces/get?trace_id=${ids[count % ids.length]}`),
    )
  ).per_s;
  const location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } };
  const body = JSON.stringify({ locations: [location], max_results: 100 });
  await settle(target);
  const search = () => target.request('POST', '/api/3.0/mlflow/traces/search', body);
  const { traces: found = [] } = JSON.parse(await search()) as { traces?: unknown[] };
  if (found.length !== 100) throw new Error(`${target.kind.name} found ${found.length} traces`);
  figures.search_traces_first_100_ms = await timedWhenWarm(search);
  return figures;
}
