import { FRESH, type ServerStore } from '@bitacora/db';
import mysql from 'mysql2/promise';
import pg from 'pg';

export interface Claimed {
  readonly database: string;
  /** Leaves it to another test. */
  release(): Promise<void>;
}

/** One connection, speaking whichever of the two. */
interface Connection {
  query(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  end(): Promise<void>;
}

/**
 * A database that nobody else has at the time, empty but for what a fresh one holds. Making the hundred tables takes
 * several times as long as most tests, so that databases are used again: whoever takes one empties it. It is taken by a
 * lock of the server, which goes with the connection, however a test ends.
 *
 * The first to take one finds it without tables: it is made whole by the test's own server.
 */
export async function claimDatabase(server: ServerStore, schema = FRESH.mlflow): Promise<Claimed> {
  const claim = await connect(server, server.database);
  for (let number = 0; ; number++) {
    const database = `test_${schema.replace('.', '_')}_${number}`;
    if (!(await tryLock(server, claim, database))) continue;
    const found = await claim.query(
      server.kind === 'postgresql'
        ? `SELECT 1 FROM pg_database WHERE datname = '${database}'`
        : `SELECT 1 FROM information_schema.schemata WHERE schema_name = '${database}'`,
    );
    if (found.length === 0) await claim.query(`CREATE DATABASE ${database}`);
    else await empty(server, database);
    return { database, release: () => claim.end() };
  }
}

async function tryLock(server: ServerStore, claim: Connection, name: string): Promise<boolean> {
  const [row] = await claim.query(
    server.kind === 'postgresql'
      ? `SELECT pg_try_advisory_lock(hashtext('${name}')) AS taken`
      : `SELECT GET_LOCK('${name}', 0) AS taken`,
  );
  return Boolean(row?.taken);
}

/** What a fresh database holds itself. */
const KEPT = ['alembic_version', 'workspaces'];

async function empty(server: ServerStore, database: string): Promise<void> {
  const isPostgresql = server.kind === 'postgresql';
  const connection = await connect(server, database);
  const tables = await connection.query(
    isPostgresql
      ? "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
      : "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = database() AND table_type = 'BASE TABLE'",
  );
  const names = tables.map(({ name }) => String(name)).filter((name) => !KEPT.includes(name));
  if (names.length > 0) {
    const looks = names.map((name) => `SELECT '${name}' AS name WHERE EXISTS (SELECT 1 FROM ${name})`);
    const filled = (
      await connection.query(
        looks.join(' UNION ALL ').replaceAll(' WHERE', isPostgresql ? ' WHERE' : ' FROM DUAL WHERE'),
      )
    ).map(({ name }) => String(name));
    // Without foreign keys in between: emptying one table must not mean to look at all others.
    if (isPostgresql) {
      await connection.query('SET session_replication_role = replica');
      for (const name of filled) await connection.query(`DELETE FROM ${name}`);
      await connection.query('ALTER SEQUENCE experiments_experiment_id_seq RESTART');
    } else {
      await connection.query('SET FOREIGN_KEY_CHECKS = 0');
      for (const name of filled)
        await connection.query(`${name === 'experiments' ? 'TRUNCATE TABLE' : 'DELETE FROM'} ${name}`);
    }
    await connection.query("DELETE FROM workspaces WHERE name <> 'default'");
  }
  await connection.end();
}

async function connect(
  { kind, host, port, user, password }: ServerStore,
  database: string | undefined,
): Promise<Connection> {
  const address = JSON.parse(JSON.stringify({ host, port, user, password, database }));
  if (kind === 'postgresql') {
    const client = new pg.Client(address);
    await client.connect();
    return { query: async (statement) => (await client.query(statement)).rows, end: () => client.end() };
  }
  const connection = await mysql.createConnection(address);
  return {
    async query(statement) {
      const [rows] = await connection.query(statement);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    },
    end: () => connection.end(),
  };
}
