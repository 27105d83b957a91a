import { ArtifactStores } from '@bitacora/artifacts';
import type { Store } from '@bitacora/db';
import { openDestination } from '../artifacts/destination.ts';
import { DEFAULT_WORKSPACE } from '../deps.ts';
import { EVERY_EXPERIMENT, type Scope } from '../workspaces/scope.ts';
import { requireWorkspace } from '../workspaces/service.ts';
import type { PurgeDeps } from './service.ts';

export interface PurgeOptions {
  readonly store: Store;
  readonly settings: PurgeDeps['settings'];
  /** Of one workspace alone, or of all there are. */
  readonly workspace: string | { readonly every: true };
}

/**
 * What purging takes, without a server.
 *
 * @throws StartRefused; MlflowError RESOURCE_DOES_NOT_EXIST for the workspace.
 */
export async function openPurge(options: PurgeOptions): Promise<PurgeDeps & AsyncDisposable> {
  const { store, settings, workspace } = options;
  const ofAll = typeof workspace !== 'string';
  if (!ofAll) await requireWorkspace(store.db, workspace);
  const scope: Scope = ofAll ? EVERY_EXPERIMENT : { isolated: true, workspace };
  const stores = new ArtifactStores();
  return {
    db: store.db,
    write: store.write.bind(store),
    clock: { nowMs: () => Date.now() },
    settings,
    workspace: ofAll ? DEFAULT_WORKSPACE : workspace,
    scope,
    artifacts: await openDestination(stores, settings.artifactsDestination),
    stores,
    [Symbol.asyncDispose]: () => stores.close(),
  };
}
