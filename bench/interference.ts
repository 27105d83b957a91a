import { load } from './measure.ts';
import { batch, createRun, type Figures, type Options, point } from './phases.ts';
import type { Target } from './targets.ts';
import { exporter } from './traces.ts';

/** A cheap call while others send the most expensive ones without pause. */
export async function interference(
  target: Target,
  experiment: string,
  { seconds }: Options,
): Promise<Figures> {
  // Two runs: what the dear calls pile up on theirs would make reading it dear as well.
  const [run_id, busy] = [await createRun(target, experiment), await createRun(target, experiment)];
  const cheap = {
    log_metric: () => target.post('runs/log-metric', { run_id, ...point() }),
    get_run: () => target.request('GET', `/api/2.0/mlflow/runs/get?run_id=${run_id}`),
  };
  const big = JSON.stringify({
    run_id: busy,
    datasets: [
      {
        dataset: { name: 'd', digest: 'd', source_type: 's', source: '{}', profile: 'x'.repeat(16_000_000) },
      },
    ],
  });
  const send = exporter(target, experiment);
  const dear = {
    export_of_10000_spans: () => send(500),
    slow_search: () =>
      target.post('runs/search', {
        experiment_ids: [experiment],
        filter: "params.p1 LIKE '%zzz%' and tags.t1 LIKE '%q%'",
        order_by: ['tags.t3'],
        max_results: 100,
      }),
    search_of_50000: () =>
      target.drainPost('runs/search', { experiment_ids: [experiment], max_results: 50_000 }),
    batch_at_limits: () => target.post('runs/log-batch', { run_id: busy, metrics: batch(1000) }),
    inputs_of_16_mb: () => target.request('POST', '/api/2.0/mlflow/runs/log-inputs', big),
  };
  const figures: Figures = {};
  for (const [dearName, dearCall] of Object.entries(dear)) {
    let isOver = false;
    const noise = Promise.all(
      [1, 2].map(async () => {
        while (!isOver) await dearCall();
      }),
    );
    for (const [name, call] of Object.entries(cheap)) {
      const { p50_ms, p99_ms } = await load(1, seconds, call);
      figures[`${name}_p50_ms_during_${dearName}`] = p50_ms;
      figures[`${name}_p99_ms_during_${dearName}`] = p99_ms;
    }
    isOver = true;
    await noise;
  }
  return figures;
}
