import { cp, readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type DeltaInput, listDeltaInputs, logInputs, type Request } from '@bitacora/protocol';
import { buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { expect, vi } from 'vitest';

type Config = NonNullable<Parameters<typeof testApp>[0]>;

/** A server that may read tables in its own folder `tables`. */
export async function readingApp(overrides: Config = {}) {
  const locations: string[] = [];
  const app = await testApp({ deltaTableLocations: locations, ...overrides });
  locations.push(join(app.folder, 'tables'));
  return app;
}

const FIXTURES = join(import.meta.dirname, '../../../delta/fixtures');

const versionOf = (name: string) => Number(/^\d{20}/.exec(name)?.[0] ?? Number.NaN);

/** When a version of a written table was committed: an hour after the one before it. */
export const committedMs = (version: number) => Date.parse('2026-03-02T00:00:00Z') + version * 3_600_000;

let tables = 0;

/** Puts a table of Spark or delta-rs where the app may read it, as it was at a version. */
export async function writeTable(
  app: TestApp,
  name: string,
  {
    version = Number.POSITIVE_INFINITY,
    as = `${name}-${++tables}`,
  }: { readonly version?: number; readonly as?: string } = {},
): Promise<string> {
  const folder = join(app.folder, 'tables', as);
  await cp(join(FIXTURES, name, 'table'), folder, {
    recursive: true,
    filter: (path) =>
      !path.includes('_last_checkpoint') && !(versionOf(path.split('/').at(-1) ?? '') > version),
  });
  for (const file of await readdir(join(folder, '_delta_log'))) {
    const time = committedMs(versionOf(file)) / 1000;
    if (Number.isFinite(time)) await utimes(join(folder, '_delta_log', file), time, time);
  }
  return folder;
}

export const removeTable = (folder: string) => rm(folder, { recursive: true });

type Dataset = Request<typeof logInputs>['datasets'];

/** A run that has read a table; its id. */
export async function logTable(
  app: TestApp,
  source: object,
  {
    experiment_id,
    name = 'orders',
    digest = 'abc',
  }: { experiment_id?: string; name?: string; digest?: string } = {},
): Promise<string> {
  const run_id = await buildRun(app, experiment_id === undefined ? {} : { experiment_id });
  const dataset = { name, digest, source_type: 'delta_table', source: JSON.stringify(source) };
  const datasets: Dataset = [{ dataset, tags: [{ key: 'mlflow.data.context', value: 'training' }] }];
  await app.call(logInputs, { run_id, datasets });
  return run_id;
}

export const inputsOf = async (app: TestApp, run_id: string): Promise<readonly DeltaInput[]> =>
  (await app.call(listDeltaInputs, { run_id })).delta_inputs;

/** The only Delta input of a run, once its snapshot is recorded or cannot be. */
export const settled = (app: TestApp, run_id: string): Promise<DeltaInput> =>
  vi.waitUntil(
    async () => {
      const inputs = await inputsOf(app, run_id);
      expect(inputs).toHaveLength(1);
      return inputs[0]?.status === 'PENDING' ? undefined : inputs[0];
    },
    { timeout: 30_000, interval: 20 },
  );
