import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { isSqliteError } from '../sqlite/errors.ts';
import { readRevision } from './revisions.ts';

/** What a database file holds. */
export interface Contents {
  readonly tables: ReadonlySet<string>;
  readonly revision: string | undefined;
  /** A program stopped within a write: whoever next opens the file to write undoes that write first. */
  readonly isUnfinished: boolean;
}

export const EMPTY: Contents = { tables: new Set(), revision: undefined, isUnfinished: false };

/** SQLITE_READONLY_ROLLBACK: an unfinished write must be undone before the file can be read. */
const READONLY_ROLLBACK = 776;

/**
 * Reads what the file holds without leaving a trace: nothing in the file changes and no file appears beside it, which
 * to open it only for reading does not ensure: that makes the `-wal` and `-shm` of a database in WAL mode.
 *
 * @param waitMs how long to wait for another program that is writing.
 */
export function look(path: string, waitMs: number): Contents {
  const file = realpathSync(path);
  const isWal = readHeader(file).readUInt8(WAL_AT) === WAL;
  try {
    return read(isWal ? walUri(file) : pathToFileURL(file), waitMs);
  } catch (error) {
    if (!isSqliteError(error) || error.errcode !== READONLY_ROLLBACK) throw error;
    return { ...read(immutable(file), waitMs), isUnfinished: true };
  }
}

/** https://sqlite.org/fileformat.html: 100 bytes, of which the 20th says which log a reader must expect. */
const HEADER_BYTES = 100;
const WAL_AT = 19;
const WAL = 2;

function readHeader(file: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, header, 0, header.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return header;
}

/** How to read a database in WAL mode. */
function walUri(file: string): URL {
  const hasLog = existsSync(`${file}-wal`);
  // Another program has it open, or was killed: both files are there and need not be made.
  if (hasLog && existsSync(`${file}-shm`)) return pathToFileURL(file);
  if (hasLog && statSync(`${file}-wal`).size > 0) return withoutLocks(file);
  return immutable(file);
}

function immutable(file: string): URL {
  const uri = pathToFileURL(file);
  uri.searchParams.set('immutable', '1');
  return uri;
}

/** Whoever had it open would have a `-shm`: nobody does, and without locks SQLite needs none either. */
function withoutLocks(file: string): URL {
  const uri = pathToFileURL(file);
  uri.searchParams.set('vfs', process.platform === 'win32' ? 'win32-none' : 'unix-none');
  return uri;
}

function read(uri: URL, waitMs: number): Contents {
  const db = new DatabaseSync(uri, { readOnly: true, timeout: waitMs });
  try {
    if (uri.searchParams.has('vfs')) db.exec('PRAGMA locking_mode = EXCLUSIVE');
    const rows = db.prepare("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").all();
    const tables = new Set(rows.map(({ name }) => String(name)));
    return { tables, revision: readRevision(db), isUnfinished: false };
  } finally {
    db.close();
  }
}
