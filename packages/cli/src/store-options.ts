import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type BackendStore, BackendStoreUriError, parseBackendStoreUri, redactUri } from '@bitacora/db';
import { UsageError } from './usage-error.ts';

/** @throws UsageError */
export function readStoreUri(uri: string, cache: string | undefined): BackendStore {
  const store = parse(uri);
  switch (store.kind) {
    case 'sqlite':
      return { ...store, path: resolve(store.path) };
    case 'file': {
      const folder = cache === undefined ? userCache() : resolve(cache);
      return { ...store, path: resolve(store.path), ...(folder !== undefined && { cache: folder }) };
    }
    case 'postgresql':
    case 'mysql':
      return store;
    default:
      throw new UsageError(
        `${store.kind} is not supported yet ('${redactUri(uri)}'). Use SQLite (sqlite:///mlflow.db), PostgreSQL, MySQL or a folder.`,
      );
  }
}

function parse(uri: string): BackendStore {
  try {
    return parseBackendStoreUri(uri);
  } catch (error) {
    if (error instanceof BackendStoreUriError) throw new UsageError(error.message);
    throw error;
  }
}

/** @throws UsageError */
export function readReplicaUri(uri: string): BackendStore {
  const store = readStoreUri(uri, undefined);
  if (store.kind !== 'file') return store;
  throw new UsageError(
    `--read-replica-backend-store-uri '${uri}' is a folder: only databases have replicas.`,
  );
}

/** Where programs of this user keep what can be made anew; undefined for a user without such a place. */
function userCache(): string | undefined {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bitacora', 'file-stores');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}
