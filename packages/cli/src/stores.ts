import { existsSync } from 'node:fs';
import { type BackendStore, openStore, POOL_DEFAULTS } from '@bitacora/db';
import { openPurge, type PurgeDeps } from '@bitacora/server';
import { type Command, Option } from 'commander';
import { type ArtifactFlags, addArtifactOptions, readDestination } from './artifact-options.ts';
import { addDatabaseOptions, type DatabaseFlags, mysqlTls, readStoreUri } from './store-options.ts';
import { UsageError } from './usage-error.ts';

export interface StoreFlags extends DatabaseFlags, ArtifactFlags {
  readonly workspace: string;
  readonly allWorkspaces?: boolean;
}

/** For commands that look at the database and the artifacts themselves. */
export function addStoreOptions(command: Command): Command {
  addDatabaseOptions(command);
  addArtifactOptions(command);
  return command
    .addOption(
      new Option('--workspace <name>', 'the workspace to look at').env('MLFLOW_WORKSPACE').default('default'),
    )
    .addOption(new Option('--all-workspaces', 'look at all of them'));
}

/**
 * Opens the database and the artifact store for `work`, beside a server that may use them too.
 *
 * @throws UsageError, MlflowError, SchemaError, StartRefused
 */
export async function withStores(flags: StoreFlags, work: (deps: PurgeDeps) => Promise<void>): Promise<void> {
  const backend = {
    store: readStoreUri(flags.backendStoreUri, undefined),
    pool: POOL_DEFAULTS,
    mysqlTls: mysqlTls(flags),
  };
  requireThere(backend.store);
  const artifactsDestination = readDestination(flags.artifactsDestination);
  const { store } = await openStore(backend, { addsIndexes: false });
  try {
    await using deps = await openPurge({
      store,
      settings: {
        artifactsDestination,
        artifactReach: { homes: [artifactsDestination], anyHost: flags.allowedHostAddressedSchemes },
        fileStore: backend.store.kind === 'file' ? backend.store.path : undefined,
      },
      workspace: flags.allWorkspaces ? { every: true } : flags.workspace,
    });
    await work(deps);
  } finally {
    await store.close();
  }
}

/** A database that is made here has nothing to remove; whoever asked has another one in mind. */
function requireThere(store: BackendStore): void {
  if (!('path' in store) || existsSync(store.path)) return;
  throw new UsageError(`There is no ${store.path}. Say in --backend-store-uri where the database is.`);
}
