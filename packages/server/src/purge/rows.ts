import { isIn, raw, type Sql, sql, type Tx } from '@bitacora/db';
import { forgetDeltaInputs } from '../delta-tables/notes.ts';

/** Tags, metadata, metrics, spans and assessments of a trace go by foreign keys. */
export async function purgeTraces(tx: Tx, ids: readonly string[]): Promise<void> {
  await purgeAssociations(tx, 'trace', ids);
  await purgeRows(tx, 'trace_info', 'request_id', ids);
}

/** All that a run has logged, and its links. */
export async function purgeRuns(tx: Tx, ids: readonly string[]): Promise<void> {
  const sources = sql`source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND ${isIn('source_id', ids)}`;
  const destinations = sql`destination_type = 'RUN' AND ${isIn('destination_id', ids)}`;
  for (const links of [sources, destinations]) {
    const rows = await tx.all(sql<{ input_uuid: string }>`SELECT input_uuid FROM inputs WHERE ${links}`);
    await purgeRows(
      tx,
      'input_tags',
      'input_uuid',
      rows.map(({ input_uuid }) => input_uuid),
    );
    await tx.run(sql`DELETE FROM inputs WHERE ${links}`);
  }
  await purgeAssociations(tx, 'run', ids);
  await forgetDeltaInputs(tx, ids);
  for (const table of ['metrics', 'latest_metrics', 'params', 'tags'])
    await purgeRows(tx, table, 'run_uuid', ids);
  await purgeRows(tx, 'runs', 'run_uuid', ids);
}

/** A link to a logged model belongs to the run that recorded it. */
export async function purgeModels(tx: Tx, ids: readonly string[]): Promise<void> {
  await purgeRows(tx, 'logged_models', 'model_id', ids);
}

/** What hangs on experiments; their traces, runs and logged models are gone by then. */
export async function purgeOfExperiments(tx: Tx, ids: readonly (string | number)[]): Promise<void> {
  await purgeAssociations(tx, 'experiment', ids.map(String));
  for (const table of OF_EXPERIMENT) await purgeRows(tx, table, 'experiment_id', ids);
}

/** What has its experiment's id; the rest of it goes by foreign keys. */
const OF_EXPERIMENT = [
  'logged_model_metrics',
  'logged_model_params',
  'logged_model_tags',
  'experiment_tags',
  'datasets',
  'online_scoring_configs',
  'scorers',
  'label_schemas',
  'review_queues',
  'issues',
  'sql_trace_metric_daily_rollups',
  'sql_span_cost_daily_rollups',
  'sql_assessment_daily_rollups',
  'sql_trace_rollup_rebuild_queue',
];

export const purgeRows = (tx: Tx, table: string, column: string, ids: readonly (string | number)[]) =>
  ids.length === 0 ? undefined : tx.run(sql`DELETE FROM ${raw(table)} WHERE ${isIn(column, ids)}`);

/** Links between a trace, run, experiment or data set and another of these, in either direction. */
export async function purgeAssociations(tx: Tx, type: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const of = (end: 'source' | 'destination'): Sql =>
    sql`${raw(`${end}_type`)} = ${type} AND ${isIn(`${end}_id`, ids)}`;
  await tx.run(sql`DELETE FROM entity_associations WHERE ${of('source')}`);
  await tx.run(sql`DELETE FROM entity_associations WHERE ${of('destination')}`);
}
