import type { Pool, PoolConnection, ResultSetHeader } from 'mysql2/promise';
import type { Changes, Db, Tx } from '../handles.ts';
import { distinctRows, type Insert, insertText } from '../insert.ts';
import { type Attempts, withRetries } from '../retry.ts';
import type { Compiled, Sql, SqlValue } from '../sql.ts';
import { acquire } from './acquire.ts';
import { translate } from './errors.ts';

/** Rows in one statement: far below `max_allowed_packet`, 16 MB, with values of some kilobytes. */
const ROWS_PER_STATEMENT = 500;

/** Questions, each on whichever connection is free; asked again on another one where that breaks. */
export class MysqlReader implements Db {
  readonly dialect = 'mysql';
  readonly #pool: Pool;
  readonly #attempts: Attempts;

  constructor(pool: Pool, attempts: Attempts = withRetries) {
    this.#pool = pool;
    this.#attempts = attempts;
  }

  all<R>(query: Sql<R>): Promise<R[]> {
    const compiled = query.compile('mysql');
    return this.#attempts(async () => {
      const connection = await acquire(this.#pool);
      try {
        return (await run(connection, compiled)) as R[];
      } finally {
        connection.release();
      }
    });
  }

  async get<R>(query: Sql<R>): Promise<R | undefined> {
    return (await this.all(query))[0];
  }
}

/**
 * Statements within a transaction, on its connection. The driver writes the values
 * into the text itself: prepared statements of MySQL take no list and would need one per number of rows.
 */
export class MysqlSession implements Tx {
  readonly dialect = 'mysql';
  readonly #client: PoolConnection;

  constructor(client: PoolConnection) {
    this.#client = client;
  }

  async all<R>(query: Sql<R>): Promise<R[]> {
    return (await run(this.#client, query.compile('mysql'))) as R[];
  }

  async get<R>(query: Sql<R>): Promise<R | undefined> {
    return (await this.all(query))[0];
  }

  async run(statement: Sql): Promise<Changes> {
    const { affectedRows, insertId } = (await run(
      this.#client,
      statement.compile('mysql'),
    )) as ResultSetHeader;
    return { changes: affectedRows, lastInsertId: insertId };
  }

  /** Rows go as one list of values. */
  async insert(insert: Insert, given: readonly (readonly SqlValue[])[]): Promise<number> {
    const rows = distinctRows(insert, given);
    let changed = 0;
    const row = `(${insert.columns.map(() => '?').join(', ')})`;
    for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
      const part = rows.slice(start, start + ROWS_PER_STATEMENT);
      const text = insertText(insert, `VALUES ${part.map(() => row).join(', ')}`, 'mysql');
      changed += ((await run(this.#client, { text, values: part.flat() })) as ResultSetHeader).affectedRows;
    }
    return changed;
  }
}

async function run(client: PoolConnection, { text, values }: Compiled): Promise<unknown> {
  try {
    const [result] = await client.query(quoted(text), values as unknown[]);
    return result;
  } catch (error) {
    throw translate(error);
  }
}

/** These are reserved words here. Our keywords are written in capitals, so the small word is always the column. */
const quoted = (text: string) => text.replace(/\b(?:key|schema)\b/g, '`$&`');
