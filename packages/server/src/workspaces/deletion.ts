import { FOR_UPDATE, isUniqueViolation, join, raw, schemaOf, sql, type Tx } from '@bitacora/db';
import { MlflowError } from '@bitacora/protocol';
import { DEFAULT_WORKSPACE, type Deps } from '../deps.ts';
import { purgePiece, purgeRoots } from './purge.ts';

/**
 * Tables whose rows say themselves which workspace they are in; what hangs on these follows by foreign keys. Where
 * names are given, MLflow lets the default workspace take no second row of these.
 */
const ROOTS: readonly (readonly [table: string, ...names: string[]])[] = [
  ['registered_models', 'name'],
  ['experiments', 'name'],
  ['evaluation_datasets', 'name'],
  ['webhooks', 'name'],
  ['secrets', 'secret_name'],
  ['endpoints', 'name'],
  ['model_definitions', 'name'],
  ['budget_policies'],
  ['guardrails', 'name'],
  ['jobs'],
  ['mcp_servers', 'name'],
  ['skills', 'organization', 'name'],
];

/** Those that the database has: skills came with MLflow 3.18. */
async function rootsOf(tx: Tx) {
  const { tables } = await schemaOf(tx);
  return ROOTS.filter(([table]) => tables.has(table));
}

/** What is in the workspace is held while it goes or moves: nobody adds a run, a version or a tag to it meanwhile. */
export async function holdContent(tx: Tx, workspace: string): Promise<void> {
  for (const [table] of await rootsOf(tx))
    await tx.all(sql`SELECT workspace FROM ${raw(table)} WHERE workspace = ${workspace} ${FOR_UPDATE}`);
}

const MOST_CONFLICTS_NAMED = 20;

/** RESTRICT. @throws MlflowError INVALID_STATE while anything is in the workspace, deleted experiments included. */
export async function refuseContent(tx: Tx, workspace: string): Promise<void> {
  // A deleted webhook is a row that nobody can see or take away.
  await tx.run(sql`DELETE FROM webhooks WHERE workspace = ${workspace} AND deleted_timestamp IS NOT NULL`);
  for (const [table] of await rootsOf(tx)) {
    const counted = await tx.get(sql<{ total: number }>`
      SELECT count(*) AS total FROM ${raw(table)} WHERE workspace = ${workspace}`);
    const total = counted?.total ?? 0;
    if (total === 0) continue;
    throw new MlflowError(
      'INVALID_STATE',
      `Workspace '${workspace}' cannot be deleted: the table '${table}' holds ${total} of its resources. Remove them first, or delete with the mode CASCADE (all in it goes) or SET_DEFAULT (all moves to '${DEFAULT_WORKSPACE}').`,
    );
  }
}

/** SET_DEFAULT. @throws MlflowError INVALID_STATE when names of the workspace are taken in the default one. */
export async function moveToDefault(tx: Tx, workspace: string): Promise<void> {
  await refuseBoundContent(tx, workspace);
  const conflicts: string[] = [];
  for (const [table, ...names] of await rootsOf(tx)) {
    if (names.length === 0) continue;
    const columns = names.map((name) => raw(`a.${name}`));
    const same = names.map((name) => raw(`b.${name} = a.${name}`));
    const rows = await tx.all(sql<Readonly<Record<string, string>>>`
      SELECT ${join(columns, ', ')} FROM ${raw(table)} a JOIN ${raw(table)} b ON ${join(same, ' AND ')}
      WHERE a.workspace = ${workspace} AND b.workspace = ${DEFAULT_WORKSPACE}
      ORDER BY ${join(columns, ', ')} LIMIT ${MOST_CONFLICTS_NAMED}`);
    conflicts.push(...rows.map((row) => `${table}: '${names.map((name) => row[name]).join('/')}'`));
  }
  if (conflicts.length > 0) {
    throw new MlflowError(
      'INVALID_STATE',
      `The resources of workspace '${workspace}' cannot move to '${DEFAULT_WORKSPACE}', which has the same names already: ${conflicts.slice(0, MOST_CONFLICTS_NAMED).join(', ')}. Rename or remove them first.`,
    );
  }
  for (const [table] of await rootsOf(tx)) {
    await tx
      .run(sql`UPDATE ${raw(table)} SET workspace = ${DEFAULT_WORKSPACE} WHERE workspace = ${workspace}`)
      .catch((error: unknown) => {
        if (!isUniqueViolation(error)) throw error;
        throw new MlflowError(
          'INVALID_STATE',
          `The resources of workspace '${workspace}' cannot move to '${DEFAULT_WORKSPACE}': in the table '${table}' a name of theirs has been given there just now. Ask again to learn which.`,
        );
      });
  }
}

/** Files that MLflow keeps for versions of skills stand under the name of their workspace, where nobody moves them. */
async function refuseBoundContent(tx: Tx, workspace: string): Promise<void> {
  if (!(await schemaOf(tx)).tables.has('skill_versions')) return;
  const bound = await tx.get(sql<{ name: string; version: number }>`
    SELECT name, version FROM skill_versions WHERE workspace = ${workspace} AND source_type = 'mlflow' LIMIT 1`);
  if (!bound) return;
  throw new MlflowError(
    'INVALID_STATE',
    `Workspace '${workspace}' cannot move to '${DEFAULT_WORKSPACE}': version ${bound.version} of the skill '${bound.name}' has its files in the workspace and would lose them. Remove such versions, or register them again from elsewhere, first.`,
  );
}

/**
 * CASCADE, but for the last step. What there is most of goes in pieces, each a transaction of its own, so that others
 * are not kept waiting; what is broken off is gone on with by deleting again.
 */
export async function purgeInPieces({ write }: Deps, workspace: string): Promise<void> {
  while (await write((tx) => purgePiece(tx, workspace)));
}

/** CASCADE's last step: what is left, and what was added meanwhile. */
export async function purgeRest(tx: Tx, workspace: string): Promise<void> {
  while (await purgePiece(tx, workspace));
  await purgeRoots(tx, workspace);
}
