import { FOR_ADDING, type Tx } from '@bitacora/db';
import { notFound } from '@bitacora/protocol';
import { DEFAULT_WORKSPACE, type Deps } from '../deps.ts';
import { findWorkspace } from './queries.ts';

/**
 * For what is created in a workspace itself, which no foreign key binds to it: until that is there, nobody deletes the
 * workspace. It was there when the request came, and may have gone since.
 *
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST
 */
export async function holdWorkspace(
  tx: Tx,
  { settings, workspace }: Pick<Deps, 'settings' | 'workspace'>,
): Promise<void> {
  if (!settings.workspacesEnabled || workspace === DEFAULT_WORKSPACE) return;
  if (!(await findWorkspace(tx, workspace, FOR_ADDING))) throw notFound('workspace', workspace, 'name');
}
