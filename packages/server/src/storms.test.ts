import { type Db, raw, sql } from '@bitacora/db';
import {
  createExperiment,
  createLoggedModel,
  createModelVersion,
  createRegisteredModel,
  createRun,
  createWorkspace,
  deleteExperiment,
  deleteModelVersion,
  deleteRegisteredModel,
  deleteWorkspace,
  logBatch,
  renameRegisteredModel,
  restoreExperiment,
  setModelVersionTag,
  setRegisteredModelAlias,
  setRegisteredModelTag,
  transitionModelVersionStage,
  updateExperiment,
} from '@bitacora/protocol';
import { type TestApp, testApp } from '@bitacora/testkit';
import { expect, test } from 'vitest';

type Call = TestApp['call'];
type Operation = () => Promise<unknown>;

const AT_ONCE = 10;
const OPERATIONS = 400;

/** Choices by a seed; what comes of them depends on who is quicker. */
function dice(seed: number) {
  let state = seed;
  const below = (bound: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * bound);
  };
  return { below, one: <T>(items: readonly T[]): T => items[below(items.length)] as T };
}

/** Many callers at once, each of whom may be refused; what no caller should see comes back. */
async function storm(next: () => Operation): Promise<unknown[]> {
  const faults: unknown[] = [];
  let left = OPERATIONS;
  const caller = async () => {
    while (left-- > 0) {
      await next()().catch((error: { readonly status?: number }) => {
        if (error.status === undefined || error.status >= 500) faults.push(error);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return faults;
}

function registryOperations(call: Call, { below, one }: ReturnType<typeof dice>): readonly Operation[] {
  const name = () => `m${below(3)}`;
  const version = () => ({ name: name(), version: String(1 + below(4)) });
  return [
    () => call(createRegisteredModel, { name: name() }),
    () => call(createRegisteredModel, { name: name() }),
    () => call(renameRegisteredModel, { name: name(), new_name: name() }),
    () => call(deleteRegisteredModel, { name: name() }),
    () => call(createModelVersion, { name: name(), source: 's3://b/x', tags: [{ key: 'a', value: '' }] }),
    () => call(createModelVersion, { name: name(), source: 's3://b/x' }),
    () => call(createModelVersion, { name: name(), source: `models:/${name()}/1` }),
    () => call(deleteModelVersion, version()),
    () => call(setRegisteredModelAlias, { ...version(), alias: one(['a', 'b']) }),
    () => call(setRegisteredModelTag, { name: name(), key: 'k', value: 'v' }),
    () => call(setModelVersionTag, { ...version(), key: 'k', value: 'v' }),
    () =>
      call(transitionModelVersionStage, {
        ...version(),
        stage: 'Production',
        archive_existing_versions: true,
      }),
  ];
}

function trackingOperations(call: Call, { below, one }: ReturnType<typeof dice>): readonly Operation[] {
  const experiments: string[] = [];
  const runs: string[] = [];
  const name = () => `e${below(4)}`;
  const experiment = () => ({ experiment_id: one(experiments) ?? '987654' });
  return [
    async () => {
      experiments.push((await call(createExperiment, { name: name() })).experiment_id);
    },
    () => call(updateExperiment, { ...experiment(), new_name: name() }),
    () => call(deleteExperiment, experiment()),
    () => call(restoreExperiment, experiment()),
    () => call(restoreExperiment, experiment()),
    async () => {
      runs.push((await call(createRun, experiment())).run.info.run_id);
    },
    () => call(createRun, experiment()),
    () => call(createLoggedModel, { ...experiment(), tags: [{ key: 'a', value: 'b' }] }),
    () => call(logBatch, { run_id: one(runs) ?? 'none', params: [{ key: 'p', value: '1' }] }),
  ];
}

/** What must never be found. */
const HALF: readonly string[] = [
  `registered_model_aliases a WHERE NOT EXISTS (SELECT 1 FROM model_versions v WHERE v.workspace = a.workspace
    AND v.name = a.name AND v.version = a.version AND v.current_stage <> 'Deleted_Internal')`,
  "model_versions WHERE source = 'REDACTED-SOURCE-PATH' AND current_stage <> 'Deleted_Internal'",
  `(SELECT name FROM model_versions WHERE current_stage = 'Production' GROUP BY workspace, name HAVING count(*) > 1) twice`,
  `runs r JOIN experiments e ON e.experiment_id = r.experiment_id
    WHERE r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'deleted'`,
  ...['experiments', 'registered_models'].map(
    (table) => `${table} t WHERE t.workspace <> 'default'
      AND NOT EXISTS (SELECT 1 FROM workspaces w WHERE w.name = t.workspace)`,
  ),
];

async function expectNothingHalf(db: Db): Promise<void> {
  for (const found of HALF)
    expect(await db.get(sql`SELECT count(*) AS total FROM ${raw(found)}`), found).toEqual({ total: 0 });
}

const SEED = 20_261_127;

test(`registered models are renamed, deleted and filled by many at once without a fault or a half state (seed ${SEED})`, async () => {
  await using app = await testApp();
  const chance = dice(SEED);
  const operations = registryOperations(app.call, chance);
  expect(await storm(() => chance.one(operations))).toEqual([]);
  await expectNothingHalf(app.store.db);
});

test(`experiments are renamed, deleted, restored and filled by many at once likewise (seed ${SEED})`, async () => {
  await using app = await testApp();
  const chance = dice(SEED);
  const operations = trackingOperations(app.call, chance);
  expect(await storm(() => chance.one(operations))).toEqual([]);
  await expectNothingHalf(app.store.db);
});

test(`workspaces are made and deleted while others fill them likewise (seed ${SEED})`, async () => {
  await using app = await testApp({ workspacesEnabled: true });
  const chance = dice(SEED);
  const names = ['w0', 'w1', 'default'];
  const inside = names.map((name) => {
    const { call } = app.inWorkspace(name);
    return [...registryOperations(call, chance), ...trackingOperations(call, chance)];
  });
  const workspace = () => chance.one(names.slice(0, 2));
  const operations: readonly Operation[] = [
    () => app.call(createWorkspace, { name: workspace() }),
    () => app.call(createWorkspace, { name: workspace() }),
    () =>
      app.call(deleteWorkspace, {
        workspace_name: workspace(),
        mode: chance.one(['RESTRICT', 'CASCADE', 'SET_DEFAULT']),
      }),
  ];
  expect(await storm(() => chance.one(chance.below(5) === 0 ? operations : chance.one(inside)))).toEqual([]);
  await expectNothingHalf(app.store.db);
});
