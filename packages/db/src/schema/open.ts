import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isBusy, isSqliteError } from '../sqlite/errors.ts';
import { INDEXES } from './indexes.ts';
import { REVISIONS, type Revision } from './revisions.ts';

/** The file is not a database that we may open. It has not been changed; the message says what it is and what to do. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

const [NEWEST] = REVISIONS;
const KNOWN = REVISIONS.map(({ revision, mlflow }) => `${revision} (MLflow ${mlflow})`).join(', ');

/** How long two servers that start together on one file wait for each other, in milliseconds. */
const WAIT_MS = 20_000;

export interface Opened {
  readonly created: boolean;
  readonly revision: string;
}

/**
 * Makes sure that `path` is a database with MLflow's schema: created when there is none, checked when there is one.
 * A file that is refused is left byte for byte as it was.
 *
 * @throws SchemaError
 */
export function openDatabaseFile(path: string): Opened {
  mkdirSync(dirname(path), { recursive: true });
  const isNew = !existsSync(path) || statSync(path).size === 0;
  if (!isNew) checkHeader(path);
  const found = isNew ? undefined : readRevision(path);
  if (!isNew && found === undefined) throw refuseForeign(path);
  if (found !== undefined) {
    const revision = checkRevision(path, found);
    checkTables(path, revision);
  }
  const created = isNew && create(path);
  addIndexes(path);
  return { created, revision: found ?? NEWEST.revision };
}

/** Every SQLite file begins with these bytes. https://sqlite.org/fileformat.html */
const MAGIC = 'SQLite format 3\0';

function checkHeader(path: string): void {
  if (!statSync(path).isFile())
    throw new SchemaError(
      `${path} is not a file. Name a file for the database, such as sqlite:///mlflow.db.`,
    );
  const file = openSync(path, 'r');
  const header = Buffer.alloc(MAGIC.length);
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  if (header.toString('latin1') !== MAGIC) {
    throw new SchemaError(
      `${path} is not an SQLite database (or it is encrypted). It has not been changed. Name another file with --backend-store-uri.`,
    );
  }
}

/** Read-only and without a journal of its own, so that looking leaves no trace. */
function readOnly<T>(path: string, look: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path, { readOnly: true, timeout: WAIT_MS });
  try {
    return look(database);
  } catch (error) {
    if (!isSqliteError(error)) throw error;
    throw new SchemaError(
      `${path} cannot be read as a database: ${error.message}. It has not been changed.`,
      { cause: error },
    );
  } finally {
    database.close();
  }
}

const tableNames = (database: DatabaseSync): Set<string> =>
  new Set(
    database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map(({ name }) => String(name)),
  );

function readRevision(path: string): string | undefined {
  return readOnly(path, (database) => {
    if (!tableNames(database).has('alembic_version')) return undefined;
    return String(database.prepare('SELECT version_num FROM alembic_version').get()?.version_num ?? '');
  });
}

const refuseForeign = (path: string) =>
  new SchemaError(
    `${path} is an SQLite database, but not one of MLflow: it has no table alembic_version. It has not been changed. Name another file with --backend-store-uri.`,
  );

function checkRevision(path: string, found: string): Revision {
  const known = REVISIONS.find(({ revision }) => revision === found);
  if (known) return known;
  throw new SchemaError(
    `${path} is at MLflow schema revision '${found}'; this server opens ${KNOWN}. It has not been changed.\n` +
      `If it was made by an older MLflow, back it up and upgrade it: pip install 'mlflow==${NEWEST.mlflow}.*' && mlflow db upgrade sqlite:///${path}\n` +
      'If it was made by a newer MLflow, use a newer version of this server.',
  );
}

function checkTables(path: string, revision: Revision): void {
  const missing = readOnly(path, (database) => {
    const present = tableNames(database);
    return [...script(revision).matchAll(/^CREATE TABLE (\w+)/gm)]
      .map(([, name]) => name!)
      .filter((name) => !present.has(name));
  });
  if (missing.length > 0) {
    throw new SchemaError(
      `${path} says it is at revision '${revision.revision}' but lacks the tables ${missing.join(', ')}: its creation was cut short. It has not been changed. Restore a backup, or move the file away and start with a fresh one.`,
    );
  }
}

const script = ({ sqlite }: Revision) => readFileSync(new URL(sqlite, import.meta.url), 'utf8');

/** One transaction under an exclusive lock: of several servers that start together one creates and the others find. */
function create(path: string): boolean {
  return write(path, (database) => {
    if (tableNames(database).size > 0) return false;
    database.exec(script(NEWEST));
    return true;
  });
}

function addIndexes(path: string): void {
  const missing = readOnly(path, (database) => {
    const present = new Set(
      database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'index'")
        .all()
        .map(({ name }) => name),
    );
    return INDEXES.filter(({ name }) => !present.has(name));
  });
  if (missing.length === 0) return;
  write(path, (database) => {
    for (const { name, on } of missing) database.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${on}`);
  });
}

function write<T>(path: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path, { timeout: WAIT_MS });
  try {
    database.exec('BEGIN EXCLUSIVE');
    const result = work(database);
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    if (!isSqliteError(error)) throw error;
    const why = isBusy(error) ? 'another process holds it' : error.message;
    throw new SchemaError(
      `${path} cannot be prepared: ${why}. Check that no other program has it open and that the file and its folder are writable.`,
      { cause: error },
    );
  } finally {
    database.close();
  }
}
