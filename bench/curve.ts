import { timedWhenWarm } from './measure.ts';
import { type Plan, plansOf, type RunQuery } from './plans.ts';
import type { Databases } from './postgresql.ts';
import { type Shape, seedRuns } from './seed.ts';
import { type Engine, Target, targetNamed } from './targets.ts';

/** Fewer values than people's runs have, so that a million fit; those that a search looks at are all there. */
export const CURVE_SHAPE: Shape = { metrics: 3, params: 2, tags: 2 };

/** First pages; among a thousand runs the last finds some forty. */
export const CURVE_QUERIES: Readonly<Record<string, RunQuery>> = {
  'newest first': { max_results: 25 },
  'metric filter, sorted by the metric': {
    filter: 'metrics.m1 > 0.5',
    order_by: ['metrics.m1 DESC'],
    max_results: 25,
  },
  'three joins, sorted by another metric': {
    filter: "metrics.m1 > 0.2 and params.p1 = '5' and tags.t1 LIKE 'v%'",
    order_by: ['metrics.m2 ASC'],
    max_results: 25,
  },
};

export interface Point {
  readonly engine: Engine;
  readonly runs: number;
  /** Median times of a first page by query, in milliseconds. */
  readonly times: Readonly<Record<string, number>>;
}

export interface Curve {
  readonly points: readonly Point[];
  /** By engine and query, among the most runs. */
  readonly plans: Readonly<Partial<Record<Engine, Readonly<Record<string, readonly Plan[]>>>>>;
}

/** A first page among more and more runs, each time in a new database. */
export async function measureCurve(
  sizes: Readonly<Record<Engine, readonly number[]>>,
  databases: Databases,
): Promise<Curve> {
  const points: Point[] = [];
  const plans: Record<string, Record<string, readonly Plan[]>> = {};
  for (const [engine, name] of [
    ['sqlite', 'bitacora'],
    ['postgresql', 'bitacora@postgresql'],
  ] as const) {
    for (const runs of sizes[engine]) {
      const database = engine === 'postgresql' ? await databases.create('bitacora') : undefined;
      const target = new Target(targetNamed(name), database);
      await target.start();
      await target.stop();
      const begun = performance.now();
      const experiment = await seedRuns(target, runs, CURVE_SHAPE);
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      process.stderr.write(`${name}: ${runs} runs put into the tables (${seconds} s)\n`);
      await target.start();
      points.push({ engine, runs, times: await measure(target, experiment) });
      await target.stop();
      if (runs === Math.max(...sizes[engine])) {
        const ofEngine: Record<string, readonly Plan[]> = {};
        for (const [label, query] of Object.entries(CURVE_QUERIES))
          ofEngine[label] = await plansOf(target, experiment, query);
        plans[engine] = ofEngine;
      }
      target.remove();
      await database?.drop();
    }
  }
  return { points, plans };
}

async function measure(target: Target, experiment: string): Promise<Record<string, number>> {
  const times: Record<string, number> = {};
  for (const [label, query] of Object.entries(CURVE_QUERIES)) {
    const body = JSON.stringify({ experiment_ids: [experiment], ...query });
    const ask = async () => {
      const { runs = [] } = JSON.parse(await target.request('POST', '/api/2.0/mlflow/runs/search', body)) as {
        runs?: unknown[];
      };
      if (runs.length !== query.max_results) throw new Error(`${label}: ${runs.length} runs found`);
    };
    times[label] = await timedWhenWarm(ask);
  }
  return times;
}
