import { setTimeout as sleep } from 'node:timers/promises';
import { type Index, SERVER_INDEXES } from './indexes.ts';
import type { Opened, OpenOptions } from './open.ts';
import { ownTableStatements } from './own-tables.ts';
import { checkRevision, ddlOf, type Revision, revisionOf, tablesOf } from './revisions.ts';
import { SchemaError } from './schema-error.ts';

type Row = Readonly<Record<string, unknown>>;

/** One connection to a server, for looking at its tables and making them. */
export interface SchemaConnection {
  readonly engine: 'postgresql' | 'mysql';
  /** Where the database is, for messages; without secrets. */
  readonly name: string;
  /** The URI for MLflow's own command, without secrets. */
  readonly uri: string;
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/**
 * Makes sure that the database has MLflow's schema: created when it has no table of MLflow's, checked when it has.
 * Tables of others stay untouched, as with MLflow. A database that is refused is left as it was.
 *
 * @throws SchemaError
 */
export async function openServerDatabase(
  connection: SchemaConnection,
  { schema, addsIndexes = true }: OpenOptions = {},
): Promise<Opened> {
  const fresh = revisionOf(schema);
  // Of several servers that start together one creates and the others wait.
  return withLock(connection, async () => {
    const before = await look(connection);
    const created = isFree(before, fresh);
    if (created) await create(connection, fresh);
    const { revision } = check(created ? await look(connection) : before, connection);
    for (const statement of ownTableStatements(connection.engine)) await connection.query(statement);
    if (created || addsIndexes) await addMissing(connection, { isInUse: !created });
    const missing = await missingOnServer(connection);
    return {
      created,
      revision,
      ...(missing.length > 0 && { missingIndexes: missing.map(({ name }) => name) }),
    };
  });
}

/**
 * Adds our own indexes to a database that is in use; of several servers that start together one does, and the others
 * find nothing left to do.
 *
 * @param goesOn asked before each.
 */
export const addServerIndexes = (connection: SchemaConnection, goesOn: () => boolean): Promise<void> =>
  withLock(connection, () => addMissing(connection, { isInUse: true, goesOn }));

/**
 * Makes sure that what shall answer long reads is the same database, as far as its revision tells.
 *
 * @throws SchemaError
 */
export async function checkReplica(connection: SchemaConnection, revision: string): Promise<void> {
  const { revision: found } = await look(connection);
  if (found === revision) return;
  throw new SchemaError(
    `${connection.name} is no replica of the backend store: ${found === undefined ? "it has none of MLflow's tables" : `it is at MLflow schema revision '${found}', the store at '${revision}'`}. Name its replica with --read-replica-backend-store-uri, or leave the option out.`,
  );
}

interface Contents {
  readonly tables: ReadonlySet<string>;
  readonly revision: string | undefined;
}

async function look(connection: SchemaConnection): Promise<Contents> {
  const rows = await connection.query(
    connection.engine === 'postgresql'
      ? 'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()'
      : 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
  );
  const tables = new Set(rows.map(({ name }) => String(name)));
  if (!tables.has('alembic_version')) return { tables, revision: undefined };
  const [version] = await connection.query('SELECT version_num FROM alembic_version');
  return { tables, revision: String(version?.version_num ?? '') };
}

const isFree = ({ tables }: Contents, fresh: Revision) => !tablesOf(fresh).some((table) => tables.has(table));

function check({ tables, revision: found }: Contents, { name, uri }: SchemaConnection) {
  if (found === undefined || found === '') {
    throw new SchemaError(
      `${name} has tables of MLflow but does not say at which revision they are: their creation was cut short. Nothing has been changed. Restore a backup, or name an empty database with --backend-store-uri.`,
    );
  }
  const revision = checkRevision(found, name, uri);
  const missing = tablesOf(revision).filter((table) => !tables.has(table));
  if (missing.length > 0) {
    throw new SchemaError(
      `${name} says it is at revision '${found}' but lacks the tables ${missing.join(', ')}. Nothing has been changed. Restore a backup, or name an empty database with --backend-store-uri.`,
    );
  }
  return revision;
}

/** PostgreSQL takes all of it or nothing. MySQL ends a transaction with each table: there the revision comes last. */
async function create(connection: SchemaConnection, revision: Revision): Promise<void> {
  const ddl = ddlOf(revision, connection.engine);
  if (connection.engine === 'postgresql') {
    await connection.query(`BEGIN;\n${ddl}\nCOMMIT;`);
    return;
  }
  await checkCharacters(connection);
  // The statements are parted by empty lines; the trigger holds semicolons of its own.
  for (const statement of ddl.split(/;\n\n/)) {
    const text = statement
      .replace(/^--.*$/gm, '')
      .replace(/;\s*$/, '')
      .trim();
    if (text !== '') await connection.query(/^CREATE TRIGGER/.test(text) ? `${text};` : text);
  }
}

/**
 * The tables take over the character set of the database. With one that is not Unicode, names in other scripts could
 * not be stored, and MLflow 3.18 cannot upgrade such tables. An existing database is opened as it is.
 */
async function checkCharacters({ name, query }: SchemaConnection): Promise<void> {
  const [row] = await query('SELECT @@character_set_database AS characters, DATABASE() AS name');
  if (row === undefined || /^utf8/.test(String(row.characters))) return;
  throw new SchemaError(
    `${name} would keep text in the character set ${row.characters}, which lacks most letters of the world. Run ALTER DATABASE \`${row.name}\` CHARACTER SET utf8mb4; and start again.`,
  );
}

async function missingOnServer(connection: SchemaConnection): Promise<readonly Index[]> {
  const present = await presentIndexes(connection);
  return SERVER_INDEXES[connection.engine].filter(({ name }) => !present.has(name));
}

async function addMissing(
  connection: SchemaConnection,
  { isInUse, goesOn = () => true }: { readonly isInUse: boolean; readonly goesOn?: () => boolean },
): Promise<void> {
  // PostgreSQL can make them without holding up those who write meanwhile, for longer; MySQL's InnoDB always does.
  const create =
    connection.engine === 'postgresql' && isInUse
      ? 'CREATE INDEX CONCURRENTLY IF NOT EXISTS'
      : 'CREATE INDEX';
  for (const { name, on } of await missingOnServer(connection)) {
    if (!goesOn()) return;
    await connection.query(`${create} ${name} ON ${on}`);
  }
}

async function presentIndexes(connection: SchemaConnection): Promise<ReadonlySet<string>> {
  if (connection.engine === 'mysql') {
    const rows = await connection.query(
      'SELECT DISTINCT index_name AS name FROM information_schema.statistics WHERE table_schema = DATABASE()',
    );
    return new Set(rows.map(({ name }) => String(name)));
  }
  const rows = await connection.query(
    `SELECT c.relname AS name, i.indisvalid AS "isValid" FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'bitacora\\_%'`,
  );
  // One whose making was cut short is there, but of no use.
  for (const { name, isValid } of rows) if (!isValid) await connection.query(`DROP INDEX ${name}`);
  return new Set(rows.filter(({ isValid }) => isValid).map(({ name }) => String(name)));
}

/** Any number that nobody else uses: it is ours alone within one database. */
const POSTGRESQL_LOCK = 5_000_317;
/** Locks of MySQL hold for the whole server, so the database is part of the name. */
const MYSQL_LOCK = "SUBSTRING(CONCAT('bitacora schema ', DATABASE()), 1, 64)";
/** As long as a large table takes to be indexed. */
const LOCK_TIME_MS = 600_000;

async function tryLock({ engine, query }: SchemaConnection): Promise<boolean> {
  const [row] = await query(
    engine === 'postgresql'
      ? `SELECT CAST(pg_try_advisory_lock(${POSTGRESQL_LOCK}) AS int) AS got`
      : `SELECT GET_LOCK(${MYSQL_LOCK}, 0) AS got`,
  );
  return Number(row?.got) === 1;
}

async function withLock<T>(connection: SchemaConnection, work: () => Promise<T>): Promise<T> {
  const isPostgresql = connection.engine === 'postgresql';
  // Asked again and again: a PostgreSQL statement that waits would hold up CREATE INDEX CONCURRENTLY of who has the lock.
  const deadline = Date.now() + LOCK_TIME_MS;
  while (!(await tryLock(connection))) {
    if (Date.now() > deadline) {
      throw new SchemaError(
        `${connection.name} is being prepared by another server, and has been for ${LOCK_TIME_MS / 60_000} minutes. Look what that one does, then start this one again.`,
      );
    }
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    // Whatever happened to the connection: its end frees the lock too, and the reason for it must be heard.
    await connection
      .query(
        isPostgresql ? `SELECT pg_advisory_unlock(${POSTGRESQL_LOCK})` : `SELECT RELEASE_LOCK(${MYSQL_LOCK})`,
      )
      .catch(() => undefined);
  }
}
