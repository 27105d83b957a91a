import { randomUUID } from 'node:crypto';
import { timedWhenWarm } from './measure.ts';
import { createExperiment, createRun, type Figures, type Options } from './phases.ts';
import { FULL_SHAPE, seedRuns, settle, valuesOf } from './seed.ts';
import type { Target } from './targets.ts';

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

export const search = async (target: Target, { runs }: Options): Promise<Figures> =>
  searchAll(
    target,
    target.hasMlflowTables ? await seedRuns(target, runs, FULL_SHAPE) : await logRuns(target, runs),
    'search',
  );

/** The same runs through the API: it takes the Python server minutes, and FastTrackML has tables of its own. */
async function logRuns(target: Target, runs: number): Promise<string> {
  const experiment = await createExperiment(target, `search ${randomUUID()}`);
  let next = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (next < runs) {
        const index = next++;
        await target.post('runs/log-batch', {
          run_id: await createRun(target, experiment),
          ...valuesOf(index),
        });
      }
    }),
  );
  await settle(target);
  return experiment;
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
    figures[`${prefix}_${name}_ms`] = await timedWhenWarm(ask);
  }
  return figures;
}

export const largeSearch = (target: Target, experiment: string, runs: number) =>
  searchAll(target, experiment, `search_of_${runs}_runs`);
