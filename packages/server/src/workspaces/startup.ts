import { type Db, raw, sql } from '@bitacora/db';
import { DEFAULT_WORKSPACE, type Settings } from '../deps.ts';
import { StartRefused } from '../start-refused.ts';
import { WORKSPACES_FOLDER } from './artifact-root.ts';

/** What a server without workspaces would show to everybody, or to nobody. */
const HELD_BY_WORKSPACES = ['experiments', 'registered_models', 'webhooks', 'evaluation_datasets'];

/** @throws StartRefused */
export async function checkWorkspaceSettings(
  db: Db,
  { workspacesEnabled, artifactRoot }: Settings,
): Promise<void> {
  if (workspacesEnabled) return checkArtifactRoot(artifactRoot);
  for (const table of HELD_BY_WORKSPACES) {
    // As two ranges, each of which an index answers at once.
    const found = await db.get(sql<{ workspace: string }>`
      SELECT workspace FROM ${raw(table)}
      WHERE workspace < ${DEFAULT_WORKSPACE} OR workspace > ${DEFAULT_WORKSPACE} LIMIT 1`);
    if (!found) continue;
    throw new StartRefused(
      `The database holds ${table.replace('_', ' ')} of the workspace '${found.workspace}', and workspaces are off. Start with --enable-workspaces, or move them to the default workspace first: delete the workspace with the mode SET_DEFAULT.`,
    );
  }
}

/** The folder below the root is where the workspaces have theirs. */
function checkArtifactRoot(root: string): void {
  const names = root
    .replace(/[?#].*$/s, '')
    .split('/')
    .filter((name) => name !== '');
  if (names.at(-1) !== WORKSPACES_FOLDER && names.at(-2) !== WORKSPACES_FOLDER) return;
  throw new StartRefused(
    `--default-artifact-root '${root}' is, or is in, a folder named '${WORKSPACES_FOLDER}', which workspaces keep for themselves. Choose another root.`,
  );
}
