import { randomUUID } from 'node:crypto';
import { load, memoryMb, timed, watchMemory } from './measure.ts';
import type { Target } from './targets.ts';

export interface Options {
  readonly seconds: number;
  readonly runs: number;
  readonly largeRuns: number;
  readonly models: number;
  readonly history: number;
  readonly artifactMb: number;
  readonly bigArtifactMb: number;
}

/** Names to figures; a name says its unit last. */
export type Figures = Record<string, number>;

interface CreatedRun {
  readonly run: { readonly info: { readonly run_id: string } };
}

export const createRun = async (target: Target, experiment_id: string) => {
  const tags = [{ key: 'mlflow.runName', value: 'bench' }];
  const { run } = await target.post<CreatedRun>('runs/create', {
    experiment_id,
    start_time: Date.now(),
    tags,
  });
  return run.info.run_id;
};

export const createExperiment = async (target: Target, name: string) =>
  (await target.post<{ experiment_id?: string }>('experiments/create', { name })).experiment_id ?? '0';

let step = 0;
export const point = () => ({ key: 'loss', value: Math.random(), timestamp: Date.now(), step: step++ });
export const batch = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...point(), key: `m${index % 10}` }));

export async function writes(target: Target, { seconds }: Options): Promise<Figures> {
  const experiment = await createExperiment(target, `writes ${randomUUID()}`);
  const figures: Figures = {};
  for (const callers of [1, 16]) {
    figures[`create_run_c${callers}_per_s`] = (
      await load(callers, seconds, () => createRun(target, experiment))
    ).per_s;
  }
  const runs = await Promise.all(Array.from({ length: 16 }, () => createRun(target, experiment)));
  for (const callers of [1, 16, 64]) {
    const { per_s, p99_ms } = await load(callers, seconds, (caller) =>
      target.post('runs/log-metric', { run_id: runs[caller % 16], ...point() }),
    );
    figures[`log_metric_c${callers}_per_s`] = per_s;
    figures[`log_metric_c${callers}_p99_ms`] = p99_ms;
  }
  for (const callers of [1, 8]) {
    const { per_s } = await load(callers, seconds, (caller) =>
      target.post('runs/log-batch', { run_id: runs[caller], metrics: batch(1000) }),
    );
    figures[`log_batch_1000_c${callers}_metrics_per_s`] = per_s * 1000;
  }
  figures.get_run_c16_per_s = (
    await load(16, seconds, (caller) =>
      target.request('GET', `/api/2.0/mlflow/runs/get?run_id=${runs[caller]}`),
    )
  ).per_s;
  return figures;
}

export async function history(target: Target, { history: count }: Options): Promise<Figures> {
  const run_id = await createRun(target, await createExperiment(target, `history ${randomUUID()}`));
  const begun = performance.now();
  for (let start = 0; start < count; start += 1000) {
    const metrics = Array.from({ length: 1000 }, (_, index) => ({
      key: 'loss',
      value: 1 / (start + index + 1),
      timestamp: 1_700_000_000_000 + start + index,
      step: start + index,
    }));
    await target.post('runs/log-batch', { run_id, metrics });
  }
  const write_s = (performance.now() - begun) / 1000;
  const read = async () => {
    let seen = 0;
    for (let token = ''; ; ) {
      const page = JSON.parse(
        await target.request(
          'GET',
          `/api/2.0/mlflow/metrics/get-history?run_id=${run_id}&metric_key=loss&max_results=25000${token && `&page_token=${encodeURIComponent(token)}`}`,
        ),
      ) as { metrics?: unknown[]; next_page_token?: string };
      seen += page.metrics?.length ?? 0;
      token = page.next_page_token ?? '';
      if (token === '') break;
    }
    if (seen !== count) throw new Error(`${target.kind.name} gave ${seen} of ${count} points`);
  };
  return { history_write_s: write_s, history_read_s: (await timed(3, read)) / 1000 };
}

export async function artifacts(target: Target, { artifactMb, bigArtifactMb }: Options): Promise<Figures> {
  const path = '/api/2.0/mlflow-artifacts/artifacts/bench/artifacts/big.bin';
  const block = new Uint8Array(1_000_000).fill(7);
  async function* content(megabytes: number) {
    for (let index = 0; index < megabytes; index++) yield block;
  }
  const down = async (megabytes: number) => {
    const bytes = await target.drain(path);
    if (bytes !== megabytes * 1_000_000) throw new Error(`${target.kind.name} gave ${bytes} bytes`);
  };
  const up_ms = await timed(3, () => target.request('PUT', path, content(artifactMb)));
  const down_ms = await timed(3, () => down(artifactMb));
  const before = memoryMb(target.pid);
  const most = await watchMemory(target.pid, async () => {
    await target.request('PUT', path, content(bigArtifactMb));
    await down(bigArtifactMb);
  });
  return {
    artifact_up_mb_per_s: artifactMb / (up_ms / 1000),
    artifact_down_mb_per_s: artifactMb / (down_ms / 1000),
    [`memory_rise_mb_for_${bigArtifactMb}_mb`]: most - before,
  };
}
