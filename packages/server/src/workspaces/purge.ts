import { isIn, raw, type Sql, schemaOf, sql, type Tx } from '@bitacora/db';

/** How many of each go in one piece: deleting these takes in the order of 10 ms. */
const PIECE = { traces: 200, runs: 20, models: 200 } as const;

/** Deletes some traces, runs or logged models of a workspace. @returns whether there were any. */
export async function purgePiece(tx: Tx, workspace: string): Promise<boolean> {
  const traces = await someIds(tx, workspace, 'trace_info', 'request_id', PIECE.traces);
  if (traces.length > 0) return purgeTraces(tx, traces);
  const runs = await someIds(tx, workspace, 'runs', 'run_uuid', PIECE.runs);
  if (runs.length > 0) return purgeRuns(tx, runs);
  const models = await someIds(tx, workspace, 'logged_models', 'model_id', PIECE.models);
  if (models.length === 0) return false;
  // A link to a logged model belongs to the run that recorded it.
  await purgeRows(tx, 'logged_models', 'model_id', models);
  return true;
}

async function someIds(tx: Tx, workspace: string, table: string, id: string, limit: number) {
  const rows = await tx.all(sql<{ id: string }>`
    SELECT t.${raw(id)} AS id FROM ${raw(table)} t JOIN experiments e ON e.experiment_id = t.experiment_id
    WHERE e.workspace = ${workspace} LIMIT ${limit}`);
  return rows.map((row) => row.id);
}

/** Tags, metadata, metrics, spans and assessments of a trace go by foreign keys. */
async function purgeTraces(tx: Tx, ids: readonly string[]): Promise<true> {
  await purgeAssociations(tx, 'trace', ids);
  await purgeRows(tx, 'trace_info', 'request_id', ids);
  return true;
}

async function purgeRuns(tx: Tx, ids: readonly string[]): Promise<true> {
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
  for (const table of ['metrics', 'latest_metrics', 'params', 'tags'])
    await purgeRows(tx, table, 'run_uuid', ids);
  await purgeRows(tx, 'runs', 'run_uuid', ids);
  return true;
}

/** Deletes what hangs on an experiment or on the workspace itself; traces, runs and logged models are gone by then. */
export async function purgeRoots(tx: Tx, workspace: string): Promise<void> {
  const ids = async (table: string, id: string) =>
    (
      await tx.all(
        sql<{
          id: string | number;
        }>`SELECT ${raw(id)} AS id FROM ${raw(table)} WHERE workspace = ${workspace}`,
      )
    ).map((row) => row.id);
  const experiments = await ids('experiments', 'experiment_id');
  await purgeAssociations(tx, 'experiment', experiments.map(String));
  await purgeAssociations(
    tx,
    'evaluation_dataset',
    (await ids('evaluation_datasets', 'dataset_id')).map(String),
  );
  // Guardrails point at scorers, and what is bound to an endpoint at its model definitions.
  await purgeOwn(tx, workspace, [
    'guardrails',
    'endpoints',
    'model_definitions',
    'secrets',
    'budget_policies',
  ]);
  for (const table of OF_EXPERIMENT) await purgeRows(tx, table, 'experiment_id', experiments);
  await purgeOwn(tx, workspace, [
    'experiments',
    'registered_model_aliases',
    'registered_model_tags',
    'model_version_tags',
    'model_versions',
    'registered_models',
    'evaluation_datasets',
  ]);
  await purgeRows(tx, 'bitacora_webhook_deliveries', 'webhook_id', await ids('webhooks', 'webhook_id'));
  await purgeOwn(tx, workspace, ['webhooks', 'jobs', 'mcp_servers']);
  if ((await schemaOf(tx)).tables.has('skills')) await purgeOwn(tx, workspace, ['skills']);
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

async function purgeOwn(tx: Tx, workspace: string, tables: readonly string[]): Promise<void> {
  for (const table of tables) await tx.run(sql`DELETE FROM ${raw(table)} WHERE workspace = ${workspace}`);
}

const purgeRows = (tx: Tx, table: string, column: string, ids: readonly (string | number)[]) =>
  ids.length === 0 ? undefined : tx.run(sql`DELETE FROM ${raw(table)} WHERE ${isIn(column, ids)}`);

/** Links between a trace, run, experiment or data set and another of these, in either direction. */
async function purgeAssociations(tx: Tx, type: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const of = (end: 'source' | 'destination'): Sql =>
    sql`${raw(`${end}_type`)} = ${type} AND ${isIn(`${end}_id`, ids)}`;
  await tx.run(sql`DELETE FROM entity_associations WHERE ${of('source')}`);
  await tx.run(sql`DELETE FROM entity_associations WHERE ${of('destination')}`);
}
