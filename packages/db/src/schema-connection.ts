import { DatabaseUnavailable } from './handles.ts';
import { translate as translateMysql } from './mysql/errors.ts';
import type { MysqlTls } from './mysql/ssl.ts';
import { translate as translatePostgresql } from './postgresql/errors.ts';
import { SchemaError } from './schema/schema-error.ts';
import type { SchemaConnection } from './schema/server-database.ts';
import { type BackendStore, describeStore, type ServerStore } from './uri.ts';

/** One connection is enough for looking at tables. */
const ONE = { size: 1, overflow: 0, recycle_s: 0 };

/** Looks at a server's database over one connection of its own. */
export async function withSchemaConnection<T>(
  store: BackendStore,
  { mysqlTls }: { readonly mysqlTls: MysqlTls },
  work: (connection: SchemaConnection) => Promise<T>,
): Promise<T> {
  const name = describeStore(store);
  try {
    switch (store.kind) {
      case 'postgresql':
        return await onPostgresql(store, name, work);
      case 'mysql':
        return await onMysql(store, mysqlTls, name, work);
      default:
        throw new Error(`${store.kind} is no database on a server`);
    }
  } catch (error) {
    throw explain(error, name);
  }
}

async function onPostgresql<T>(
  store: ServerStore,
  name: string,
  work: (connection: SchemaConnection) => Promise<T>,
) {
  const { openPool } = await import('./postgresql/pool.ts');
  const pool = openPool(store, ONE);
  try {
    const client = await pool.connect();
    try {
      return await work({
        engine: 'postgresql',
        name,
        uri: name,
        query: async (text, values) => {
          const result = await client.query(text, values as unknown[]);
          return result.rows ?? [];
        },
      });
    } finally {
      client.release(true);
    }
  } catch (error) {
    throw translatePostgresql(error);
  } finally {
    await pool.end();
  }
}

async function onMysql<T>(
  store: ServerStore,
  tls: MysqlTls,
  name: string,
  work: (connection: SchemaConnection) => Promise<T>,
) {
  const { openPool } = await import('./mysql/pool.ts');
  const pool = openPool(store, ONE, tls);
  try {
    return await work({
      engine: 'mysql',
      name,
      uri: name.replace('mysql:', 'mysql+pymysql:'),
      query: async (text, values) => {
        const [rows] = await pool.query(text, values as unknown[]);
        return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
      },
    });
  } catch (error) {
    throw translateMysql(error);
  } finally {
    await pool.end();
  }
}

/** What keeps a server from starting, in one line for its operator. */
function explain(error: unknown, name: string): unknown {
  if (error instanceof SchemaError || !(error instanceof Error)) return error;
  const reason = error.cause instanceof Error ? error.cause.message : error.message;
  return new SchemaError(
    `${name} cannot be opened: ${reason}. Check the URI, the password and that the server runs.`,
    { cause: error },
  );
}

export const isUnreachable = (error: unknown): error is SchemaError =>
  error instanceof SchemaError &&
  error.cause instanceof DatabaseUnavailable &&
  error.cause.reason === 'connection';
