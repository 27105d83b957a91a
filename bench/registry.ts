import { randomUUID } from 'node:crypto';
import { load, timedWhenWarm } from './measure.ts';
import type { Figures, Options } from './phases.ts';
import { seedModels, settle } from './seed.ts';
import type { Target } from './targets.ts';

const CALLERS = 16;

/**
 * Searches among so many models, and what a model's way to production asks. The searches come first: later there would be
 * more models to search among the quicker a server made them.
 */
export async function registry(target: Target, { seconds, models }: Options): Promise<Figures> {
  const prefix = randomUUID().slice(0, 8);
  const figures: Figures = {};
  const rate = async (figure: string, call: (caller: number, count: number) => Promise<unknown>) => {
    figures[`${figure}_c${CALLERS}_per_s`] = (await load(CALLERS, seconds, call)).per_s;
  };
  await seedModels(target, models);
  const searches = {
    first_100: { max_results: '100' },
    like_newest_100: {
      filter: "name LIKE '%model 1%'",
      order_by: 'last_updated_timestamp DESC',
      max_results: '100',
    },
  };
  for (const [name, query] of Object.entries(searches)) {
    const path = `/api/2.0/mlflow/registered-models/search?${new URLSearchParams(query)}`;
    const ask = async () => {
      const { registered_models = [] } = JSON.parse(await target.request('GET', path)) as {
        registered_models?: unknown[];
      };
      if (registered_models.length !== 100)
        throw new Error(`${target.kind.name} found ${registered_models.length} models for ${name}`);
    };
    figures[`search_models_${name}_ms`] = await timedWhenWarm(ask);
  }
  const names = Array.from({ length: CALLERS }, (_, caller) => `model ${prefix} ${caller}`);
  const addVersion = (caller: number, count: number) =>
    target.post('model-versions/create', { name: names[caller], source: `s3://bucket/${prefix}/${count}` });
  for (const [caller, name] of names.entries()) {
    await target.post('registered-models/create', { name });
    await addVersion(caller, 0);
  }
  // Of a table that had no rows PostgreSQL makes plans which read all of a workspace, for the first minute of a database.
  await settle(target);
  await rate('create_registered_model', (_, count) =>
    target.post('registered-models/create', { name: `created ${prefix} ${count}` }),
  );
  // Each caller has a model of its own, as pipelines have.
  await rate('create_model_version', addVersion);
  const of = (caller: number) => `name=${encodeURIComponent(names[caller] ?? '')}`;
  await rate('get_model_version', (caller) =>
    target.request('GET', `/api/2.0/mlflow/model-versions/get?${of(caller)}&version=1`),
  );
  await rate('set_alias', (caller) =>
    target.post('registered-models/alias', { name: names[caller], alias: 'champion', version: '1' }),
  );
  await rate('get_by_alias', (caller) =>
    target.request('GET', `/api/2.0/mlflow/registered-models/alias?${of(caller)}&alias=champion`),
  );
  return figures;
}
