import { randomUUID } from 'node:crypto';
import type { Target } from './targets.ts';

/** How much each run has. The keys are m0, m1, …, p0, … and t0, …; a run's name is a tag besides. */
export interface Shape {
  readonly metrics: number;
  readonly params: number;
  readonly tags: number;
}

export const FULL_SHAPE: Shape = { metrics: 10, params: 10, tags: 5 };

const FIRST_START = 1_700_000_000_000;

/** What the run of this number has, for those that are logged through the API. */
export const valuesOf = (index: number) => ({
  metrics: Array.from({ length: FULL_SHAPE.metrics }, (_, key) => ({
    key: `m${key}`,
    value: ((index * 7919 + key * 104_729) % 10_007) / 10_007,
    timestamp: FIRST_START + index,
    step: 1,
  })),
  params: Array.from({ length: FULL_SHAPE.params }, (_, key) => ({
    key: `p${key}`,
    value: String((index * 31 + key) % 17),
  })),
  tags: Array.from({ length: FULL_SHAPE.tags }, (_, key) => ({
    key: `t${key}`,
    value: `v${(index + key) % 7}`,
  })),
});

const numbers = (name: string, count: number) =>
  `WITH RECURSIVE n(${name}) AS (SELECT 0 UNION ALL SELECT ${name} + 1 FROM n WHERE ${name} < ${count - 1})`;

/**
 * Runs put straight into MLflow's tables, the same as `valuesOf` says: years of history in seconds. Rows go in by the
 * order of their keys, else a million runs would take half an hour. @returns the id of their experiment.
 */
export async function seedRuns(target: Target, count: number, shape: Shape): Promise<string> {
  const name = `seeded ${randomUUID()}`;
  const id =
    target.engine === 'sqlite' ? 'lower(hex(randomblob(16)))' : "replace(gen_random_uuid()::text, '-', '')";
  await target.execute(
    `INSERT INTO experiments (name, lifecycle_stage, artifact_location, creation_time, last_update_time, workspace)
     VALUES ('${name}', 'active', 'mlflow-artifacts:/seeded', 0, 0, 'default')`,
  );
  const [row] = await target.execute(`SELECT experiment_id FROM experiments WHERE name = '${name}'`);
  const experiment = Number(row?.experiment_id);
  await target.execute(
    `${numbers('i', count)} INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,
       status, start_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
     SELECT ${id}, 'run ' || i, 'UNKNOWN', '', '', 'u', 'FINISHED', ${FIRST_START} + i, '', 'active',
       'mlflow-artifacts:/seeded', ${experiment} FROM n ORDER BY 1`,
  );
  const each = (keys: number, into: string, columns: string) =>
    target.execute(
      `${numbers('k', keys)} INSERT INTO ${into} SELECT ${columns} FROM n CROSS JOIN
         (SELECT run_uuid, start_time, start_time - ${FIRST_START} AS i FROM runs WHERE experiment_id = ${experiment}) r
       ORDER BY n.k, r.run_uuid`,
    );
  const metric = `'m' || k, ((i * 7919 + k * 104729) % 10007) / 10007.0, start_time`;
  await each(
    shape.metrics,
    'latest_metrics (key, value, timestamp, step, is_nan, run_uuid)',
    `${metric}, 1, (1 = 0), run_uuid`,
  );
  await each(shape.params, 'params (key, value, run_uuid)', `'p' || k, '' || ((i * 31 + k) % 17), run_uuid`);
  await each(shape.tags, 'tags (key, value, run_uuid)', `'t' || k, 'v' || ((i + k) % 7), run_uuid`);
  await each(1, 'tags (key, value, run_uuid)', `'mlflow.runName', 'run ' || i, run_uuid`);
  await settle(target);
  return String(experiment);
}

/** What PostgreSQL does by itself within a minute of so large a change. */
export async function settle(target: Target): Promise<void> {
  if (target.engine === 'postgresql') await target.execute('VACUUM ANALYZE');
}

/** Registered models put straight into MLflow's tables. */
export async function seedModels(target: Target, count: number): Promise<void> {
  await target.execute(
    `${numbers('i', count)} INSERT INTO registered_models (name, creation_time, last_updated_time, description, workspace)
     SELECT 'seeded model ' || i, ${FIRST_START} + i, ${FIRST_START} + i, '', 'default' FROM n`,
  );
  await settle(target);
}
