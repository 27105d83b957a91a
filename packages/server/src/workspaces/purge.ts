import { raw, schemaOf, sql, type Tx } from '@bitacora/db';
import {
  purgeAssociations,
  purgeModels,
  purgeOfExperiments,
  purgeRows,
  purgeRuns,
  purgeTraces,
} from '../purge/rows.ts';

/** How many of each go in one piece: deleting these takes in the order of 10 ms. */
const PIECE = { traces: 200, runs: 20, models: 200 } as const;

/** Deletes some traces, runs or logged models of a workspace. @returns whether there were any. */
export async function purgePiece(tx: Tx, workspace: string): Promise<boolean> {
  const traces = await someIds(tx, workspace, 'trace_info', 'request_id', PIECE.traces);
  if (traces.length > 0) {
    await purgeTraces(tx, traces);
    return true;
  }
  const runs = await someIds(tx, workspace, 'runs', 'run_uuid', PIECE.runs);
  if (runs.length > 0) {
    await purgeRuns(tx, runs);
    return true;
  }
  const models = await someIds(tx, workspace, 'logged_models', 'model_id', PIECE.models);
  await purgeModels(tx, models);
  return models.length > 0;
}

async function someIds(tx: Tx, workspace: string, table: string, id: string, limit: number) {
  const rows = await tx.all(sql<{ id: string }>`
    SELECT t.${raw(id)} AS id FROM ${raw(table)} t JOIN experiments e ON e.experiment_id = t.experiment_id
    WHERE e.workspace = ${workspace} LIMIT ${limit}`);
  return rows.map((row) => row.id);
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
  await purgeOfExperiments(tx, experiments);
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

async function purgeOwn(tx: Tx, workspace: string, tables: readonly string[]): Promise<void> {
  for (const table of tables) await tx.run(sql`DELETE FROM ${raw(table)} WHERE workspace = ${workspace}`);
}
