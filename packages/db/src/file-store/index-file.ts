import { createHash, randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openDatabaseFile } from '../schema/open.ts';
import { SchemaError } from '../schema/schema-error.ts';
import { isSqliteError } from '../sqlite/errors.ts';
import type { FolderStore } from '../uri.ts';
import { buildIndex } from './build.ts';
import type { Layout } from './layout.ts';
import { isCode } from './prints.ts';
import { FORMAT } from './units.ts';

/**
 * The folder with all links followed, made when there is none.
 *
 * @throws SchemaError when it is no folder, or may not be read.
 */
export function openRoot(path: string): { readonly root: string; readonly created: boolean } {
  try {
    const created = mkdirSync(path, { recursive: true }) !== undefined;
    const root = realpathSync(path);
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
    return { root, created };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST' || code === 'ENOTDIR')
      throw new SchemaError(`${path} is not a folder. Name one for the file store, such as ./mlruns.`);
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
      throw new SchemaError(
        `The folder ${path} cannot be read and written by this user. Give the server access to it, or name another.`,
      );
    throw error;
  }
}

/**
 * Where the index of a folder is: outside of it, since MLflow takes every folder in there for an experiment, and since
 * the folder may lie on a network drive, which SQLite's log cannot.
 */
export function indexPath({ cache }: FolderStore, root: string): string {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 24);
  return join(cache ?? join(tmpdir(), `bitacora-${process.getuid?.() ?? 'cache'}`), `${name}.db`);
}

/**
 * Makes the index, or makes it anew when it is none that this release can use: nothing is in it alone. It is made
 * aside and appears when it is whole; where another server was quicker, its index is the one.
 */
export function openIndex(path: string, layout: Layout): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  refuseForeign(dirname(path));
  if (existsSync(path) && isUsable(path, layout.root)) return;
  removeDatabase(path);
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    openDatabaseFile(aside);
    buildIndex(aside, layout);
    try {
      linkSync(aside, path);
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
  } finally {
    removeDatabase(aside);
  }
}

function removeDatabase(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(path + end, { force: true });
}

function isUsable(path: string, root: string): boolean {
  try {
    openDatabaseFile(path);
    return isIndexOf(path, root);
  } catch (error) {
    if (error instanceof SchemaError || isSqliteError(error)) return false;
    throw error;
  }
}

/** In a folder that all may write, anybody could have laid an index for us. */
function refuseForeign(folder: string): void {
  const { uid, mode } = statSync(folder);
  const own = process.getuid?.() ?? uid;
  if (uid === own && (mode & 0o022) === 0) return;
  throw new SchemaError(
    `The folder ${folder}, which holds the index of the file store, can be written by others. Name one of your own with --file-store-cache.`,
  );
}

function isIndexOf(path: string, root: string): boolean {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    if (!db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'bitacora_folder_root'").get()) return false;
    const row = db.prepare('SELECT path, format FROM bitacora_folder_root').get();
    return row?.path === root && row?.format === FORMAT;
  } finally {
    db.close();
  }
}
