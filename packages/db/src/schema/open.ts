import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createSchema } from './create-schema.ts';
import { addIndex, ensureOwn, ensureOwnTables, missingIndexes } from './indexes.ts';
import { type Contents, EMPTY, look } from './look.ts';
import { explain } from './refusals.ts';
import { checkRevision, type Revision, revisionOf, sqliteUri, tablesOf } from './revisions.ts';
import { SchemaError } from './schema-error.ts';

export { SchemaError } from './schema-error.ts';

/** How long two servers that start together on one file wait for each other, in milliseconds; as long as MLflow. */
const WAIT_MS = 20_000;

export interface Opened {
  readonly created: boolean;
  readonly revision: string;
  /** Our own indexes that are still to be added: searches are slower until then, and all else works. */
  readonly missingIndexes?: readonly string[];
}

export interface OpenOptions {
  /** The MLflow release whose schema a new database gets, such as `3.18`. */
  readonly schema?: string | undefined;
  /** Whether our own indexes are added before the database counts as open, which takes seconds for 100,000 runs; true unless told otherwise. */
  readonly addsIndexes?: boolean;
  /** Told why the replica cannot be reached; the server starts without it. */
  readonly onReplicaAway?: (reason: string) => void;
}

/**
 * Makes sure that `path` is a database with MLflow's schema: created when there is none, checked when there is one.
 * A file that is refused is left byte for byte as it was, with nothing new beside it.
 *
 * @throws SchemaError
 */
export function openDatabaseFile(path: string, { schema, addsIndexes = true }: OpenOptions = {}): Opened {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const before = lookIfThere(path);
    if (!isEmpty(before)) check(before, path);
    checkAccess(path);
    if (isEmpty(before)) {
      const fresh = revisionOf(schema);
      if (write(path, (db) => create(db, fresh))) return { created: true, revision: fresh.revision };
    }
    if (before.isUnfinished) write(path, undoUnfinished);
    // Looked at again: another process may have made the tables meanwhile, and an undone write may have hidden them.
    const { revision } = check(look(path, WAIT_MS), path);
    const missing = write(path, (db) => {
      ensureOwnTables(db);
      const indexes = missingIndexes(db);
      if (addsIndexes) for (const index of indexes) addIndex(db, index);
      return addsIndexes ? [] : indexes.map(({ name }) => name);
    });
    return { created: false, revision, ...(missing.length > 0 && { missingIndexes: missing }) };
  } catch (error) {
    throw explain(error, path);
  }
}

function lookIfThere(path: string): Contents {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) {
    throw new SchemaError(
      `${path} is not a file. Name a file for the database, such as sqlite:///mlflow.db.`,
    );
  }
  return stats && stats.size > 0 ? look(path, WAIT_MS) : EMPTY;
}

const isEmpty = ({ tables }: Contents) => tables.size === 0;

function check({ revision: found, tables }: Contents, path: string): Revision {
  if (found === undefined) {
    throw new SchemaError(
      `${path} is an SQLite database, but not one of MLflow: it has no table alembic_version. It has not been changed. Name another file with --backend-store-uri.`,
    );
  }
  if (found === '') {
    throw new SchemaError(
      `${path} does not say at which revision of MLflow's schema it is: its creation or upgrade was cut short. It has not been changed. Restore a backup, or move the file away and start with a fresh one.`,
    );
  }
  const revision = checkRevision(found, path, sqliteUri(path));
  const missing = tablesOf(revision).filter((table) => !tables.has(table));
  if (missing.length > 0) {
    throw new SchemaError(
      `${path} says it is at revision '${found}' but lacks the tables ${missing.join(', ')}: its creation was cut short. It has not been changed. Restore a backup, or move the file away and start with a fresh one.`,
    );
  }
  return revision;
}

/** SQLite would open a file that it may not write for reading, and fail at the first write. */
function checkAccess(path: string): void {
  accessSync(dirname(path), constants.W_OK);
  if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
}

function write<T>(path: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(path, { timeout: WAIT_MS });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/**
 * One transaction under an exclusive lock: of several servers that start together one creates and the others wait.
 *
 * @returns whether it was this one.
 */
function create(db: DatabaseSync, revision: Revision): boolean {
  db.exec('BEGIN EXCLUSIVE');
  const isFirst = db.prepare('SELECT 1 FROM sqlite_master').get() === undefined;
  if (isFirst) {
    createSchema(db, revision);
    ensureOwn(db);
  }
  db.exec('COMMIT');
  return isFirst;
}

/** The first read of a connection that may write undoes what another program left half written. */
function undoUnfinished(db: DatabaseSync): void {
  db.prepare('SELECT 1 FROM sqlite_master').get();
}
