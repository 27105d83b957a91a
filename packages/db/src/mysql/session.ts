import type { Pool, PoolConnection, ResultSetHeader } from 'mysql2/promise';
import type { Changes, Tx } from '../handles.ts';
import { type Insert, insertText } from '../insert.ts';
import type { Compiled, Sql, SqlValue } from '../sql.ts';
import { translate } from './errors.ts';

/** Rows in one statement: far below `max_allowed_packet`, 16 MB, with values of some kilobytes. */
const ROWS_PER_STATEMENT = 500;

/**
 * Statements on one connection, within a transaction or, from the pool, each on its own. The driver writes the values
 * into the text itself: prepared statements of MySQL take no list and would need one per number of rows.
 */
export class MysqlSession implements Tx {
  readonly dialect = 'mysql';
  readonly #client: Pool | PoolConnection;

  constructor(client: Pool | PoolConnection) {
    this.#client = client;
  }

  async all<R>(query: Sql<R>): Promise<R[]> {
    return (await this.#query(query.compile('mysql'))) as R[];
  }

  async get<R>(query: Sql<R>): Promise<R | undefined> {
    return ((await this.#query(query.compile('mysql'))) as R[])[0];
  }

  async run(statement: Sql): Promise<Changes> {
    const { affectedRows, insertId } = (await this.#query(statement.compile('mysql'))) as ResultSetHeader;
    return { changes: affectedRows, lastInsertId: insertId };
  }

  /** Rows go as one list of values; later ones find what earlier ones of the same statement did. */
  async insert(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    let changed = 0;
    const row = `(${insert.columns.map(() => '?').join(', ')})`;
    for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
      const part = rows.slice(start, start + ROWS_PER_STATEMENT);
      const text = insertText(insert, `VALUES ${part.map(() => row).join(', ')}`, 'mysql');
      changed += ((await this.#query({ text, values: part.flat() })) as ResultSetHeader).affectedRows;
    }
    return changed;
  }

  async #query({ text, values }: Compiled): Promise<unknown> {
    try {
      const [result] = await this.#client.query(quoted(text), values as unknown[]);
      return result;
    } catch (error) {
      throw translate(error);
    }
  }
}

/** These are reserved words here. Our keywords are written in capitals, so the small word is always the column. */
const quoted = (text: string) => text.replace(/\b(?:key|schema)\b/g, '`$&`');
