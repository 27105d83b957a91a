import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { load, memoryMb, timed } from './measure.ts';
import type { Target } from './targets.ts';
import { exporter } from './traces.ts';

export interface Options {
  readonly seconds: number;
  readonly runs: number;
  readonly largeRuns: number;
  readonly history: number;
  readonly artifactMb: number;
  readonly bigArtifactMb: number;
}

/** Names to figures; a name says its unit last. */
export type Figures = Record<string, number>;

interface CreatedRun {
  readonly run: { readonly info: { readonly run_id: string } };
}

const createRun = async (target: Target, experiment_id: string) => {
  const tags = [{ key: 'mlflow.runName', value: 'bench' }];
  const { run } = await target.post<CreatedRun>('runs/create', {
    experiment_id,
    start_time: Date.now(),
    tags,
  });
  return run.info.run_id;
};

const createExperiment = async (target: Target, name: string) =>
  (await target.post<{ experiment_id?: string }>('experiments/create', { name })).experiment_id ?? '0';

let step = 0;
const point = () => ({ key: 'loss', value: Math.random(), timestamp: Date.now(), step: step++ });
const batch = (count: number) =>
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

const values = (index: number) => ({
  metrics: Array.from({ length: 10 }, (_, key) => ({
    key: `m${key}`,
    value: ((index * 7919 + key * 104_729) % 10_007) / 10_007,
    timestamp: 1_700_000_000_000 + index,
    step: 1,
  })),
  params: Array.from({ length: 10 }, (_, key) => ({
    key: `p${key}`,
    value: String((index * 31 + key) % 17),
  })),
  tags: Array.from({ length: 5 }, (_, key) => ({ key: `t${key}`, value: `v${(index + key) % 7}` })),
});

const SEARCHES = {
  first_100: { max_results: 100 },
  page_1000: { max_results: 1000 },
  metric_filter_sorted_100: { filter: 'metrics.m1 > 0.5', order_by: ['metrics.m1 DESC'], max_results: 100 },
  three_joins_50: {
    filter: "metrics.m1 > 0.2 and params.p3 = '5' and tags.t2 LIKE 'v%'",
    order_by: ['metrics.m2 ASC'],
    max_results: 50,
  },
};

export async function search(target: Target, { runs }: Options): Promise<Figures> {
  const experiment = await createExperiment(target, `search ${randomUUID()}`);
  let next = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (next < runs) {
        const index = next++;
        await target.post('runs/log-batch', {
          run_id: await createRun(target, experiment),
          ...values(index),
        });
      }
    }),
  );
  return searchAll(target, experiment, 'search');
}

async function searchAll(target: Target, experiment: string, prefix: string): Promise<Figures> {
  const figures: Figures = {};
  for (const [name, options] of Object.entries(SEARCHES)) {
    const ask = async () => {
      const { runs = [] } = await target.post<{ runs?: unknown[] }>('runs/search', {
        experiment_ids: [experiment],
        ...options,
      });
      if (runs.length !== options.max_results)
        throw new Error(`${target.kind.name} found ${runs.length} runs for ${name}`);
    };
    // A server that has just started has compiled nothing yet; people ask one that has run for a while.
    figures[`${prefix}_${name}_ms`] = await timed(9, ask, 5);
  }
  return figures;
}

/** Runs put straight into the tables of a stopped server: a history of years in seconds. */
export function seed(target: Target, count: number): string {
  const db = new DatabaseSync(join(target.folder, 'mlflow.db'));
  db.exec(
    "PRAGMA synchronous = OFF; BEGIN; INSERT INTO experiments (name, lifecycle_stage, artifact_location, creation_time, last_update_time) VALUES ('large', 'active', 'mlflow-artifacts:/large', 0, 0)",
  );
  const experiment = Number(db.prepare('SELECT max(experiment_id) AS id FROM experiments').get()?.id);
  const run = db.prepare(
    "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, source_version, lifecycle_stage, artifact_uri, experiment_id) VALUES (?, ?, 'UNKNOWN', '', '', 'u', 'FINISHED', ?, '', 'active', 'mlflow-artifacts:/large', ?)",
  );
  const metric = db.prepare(
    'INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, 1, 0)',
  );
  const latest = db.prepare(
    'INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, 1, 0, ?)',
  );
  const param = db.prepare('INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)');
  const tag = db.prepare('INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)');
  for (let index = 0; index < count; index++) {
    const id = randomUUID().replaceAll('-', '');
    const { metrics, params, tags } = values(index);
    run.run(id, `run ${index}`, 1_700_000_000_000 + index, experiment);
    for (const { key, value, timestamp } of metrics) {
      metric.run(key, value, timestamp, id);
      latest.run(key, value, timestamp, id);
    }
    for (const { key, value } of params) param.run(key, value, id);
    for (const { key, value } of tags) tag.run(key, value, id);
    tag.run('mlflow.runName', `run ${index}`, id);
  }
  db.exec('COMMIT');
  db.close();
  return String(experiment);
}

export const largeSearch = (target: Target, experiment: string, runs: number) =>
  searchAll(target, experiment, `search_of_${runs}_runs`);

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
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, memoryMb(target.pid));
  }, 100);
  await target.request('PUT', path, content(bigArtifactMb));
  await down(bigArtifactMb);
  clearInterval(watch);
  return {
    artifact_up_mb_per_s: artifactMb / (up_ms / 1000),
    artifact_down_mb_per_s: artifactMb / (down_ms / 1000),
    [`memory_rise_mb_for_${bigArtifactMb}_mb`]: most - before,
  };
}
