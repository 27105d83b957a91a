import { type Db, empty, FOR_UPDATE, isUniqueViolation, type WorkspaceRow } from '@bitacora/db';
import {
  type createWorkspace,
  DELETION_MODES,
  type deleteWorkspace,
  type getWorkspace,
  type Input,
  invalidParameter,
  MlflowError,
  notFound,
  preview,
  type updateWorkspace,
} from '@bitacora/protocol';
import { DEFAULT_WORKSPACE, type Deps } from '../deps.ts';
import { holdContent, moveToDefault, purgeInPieces, purgeRest, refuseContent } from './deletion.ts';
import { checkWorkspaceName, refuseDefault } from './names.ts';
import * as queries from './queries.ts';
import { readSettings, toWorkspace } from './settings.ts';

/** MLflow's list has no pages; beyond this it would be no list that anybody reads. */
const MOST_LISTED = 10_000;

/**
 * The Python client takes this code for "workspaces are not enabled"; MLflow's own 503 it repeats for minutes.
 *
 * @throws MlflowError ENDPOINT_NOT_FOUND
 */
function requireEnabled({ settings }: Deps): void {
  if (settings.workspacesEnabled) return;
  throw new MlflowError(
    'ENDPOINT_NOT_FOUND',
    'Workspaces are off on this server. Start it with --enable-workspaces to use them.',
  );
}

export async function list(deps: Deps) {
  requireEnabled(deps);
  const rows = await queries.listWorkspaces(deps.db, MOST_LISTED);
  return rows.length === 0 ? {} : { workspaces: rows.map(toWorkspace) };
}

export async function get(deps: Deps, { workspace_name }: Input<typeof getWorkspace>) {
  requireEnabled(deps);
  if (workspace_name !== DEFAULT_WORKSPACE) checkWorkspaceName(workspace_name, 'workspace_name');
  return { workspace: toWorkspace(await requireWorkspace(deps.db, workspace_name)) };
}

/**
 * @param lock how the workspace is to be held, in a transaction.
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST
 */
export async function requireWorkspace(db: Db, name: string, lock = empty): Promise<WorkspaceRow> {
  const row = await queries.findWorkspace(db, name, lock);
  if (!row) throw notFound('workspace', name, 'name');
  return row;
}

export async function create(deps: Deps, input: Input<typeof createWorkspace>) {
  requireEnabled(deps);
  const { name } = input;
  refuseDefault(name, 'created');
  checkWorkspaceName(name, 'name');
  const unset = {
    description: null,
    default_artifact_root: null,
    trace_archival_location: null,
    trace_archival_retention: null,
  };
  const row = { ...unset, ...readSettings(input, deps.settings.artifactReach), name };
  await deps.write(async (tx) => {
    try {
      await queries.insertWorkspace(tx, row);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new MlflowError(
        'RESOURCE_ALREADY_EXISTS',
        `Workspace '${name}' already exists. Choose another name.`,
      );
    }
  });
  return { workspace: toWorkspace(row) };
}

export async function update(deps: Deps, input: Input<typeof updateWorkspace>) {
  requireEnabled(deps);
  const { workspace_name } = input;
  if (workspace_name !== DEFAULT_WORKSPACE) checkWorkspaceName(workspace_name, 'workspace_name');
  const changes = readSettings(input, deps.settings.artifactReach);
  if (Object.keys(changes).length === 0) {
    throw invalidParameter(
      "Nothing to change: give at least one of 'description', 'default_artifact_root' and 'trace_archival_config'.",
    );
  }
  return deps.write(async (tx) => {
    // Held, because what is not given is written as it was read.
    const row = await requireWorkspace(tx, workspace_name, FOR_UPDATE);
    const changed = { ...row, ...changes };
    await queries.updateWorkspace(tx, changed);
    return { workspace: toWorkspace(changed) };
  });
}

export async function remove(deps: Deps, { workspace_name, mode }: Input<typeof deleteWorkspace>) {
  requireEnabled(deps);
  refuseDefault(workspace_name, 'deleted');
  checkWorkspaceName(workspace_name, 'workspace_name');
  if (!DELETION_MODES.some((known) => known === mode)) {
    throw invalidParameter(
      `Invalid deletion mode '${preview(mode)}'. It must be one of ${DELETION_MODES.join(', ')}.`,
    );
  }
  if (!(await queries.findWorkspace(deps.db, workspace_name)))
    throw notFound('workspace', workspace_name, 'name');
  if (mode === 'CASCADE') await purgeInPieces(deps, workspace_name);
  await deps.write(async (tx) => {
    // Asked again: another caller may have been quicker.
    const { changes } = await queries.deleteWorkspace(tx, workspace_name);
    if (changes === 0) throw notFound('workspace', workspace_name, 'name');
    await holdContent(tx, workspace_name);
    if (mode === 'CASCADE') await purgeRest(tx, workspace_name);
    else if (mode === 'SET_DEFAULT') await moveToDefault(tx, workspace_name);
    else await refuseContent(tx, workspace_name);
  });
  return {};
}
