import type { Pool, PoolConnection, ResultSetHeader } from 'mysql2/promise';
import { type Changes, type ReaderDb, type Tx, ValueRefused } from '../handles.ts';
import { distinctRows, type Insert, insertText } from '../insert.ts';
import { type Attempts, withRetries } from '../retry.ts';
import type { Compiled, Sql, SqlValue } from '../sql.ts';
import { acquire } from './acquire.ts';
import { translate } from './errors.ts';

/**
 * The most in one statement. Escaped and as UTF-8 a character takes up to 4 bytes, so that many small rows stay below
 * `max_allowed_packet` even where it is 4 MB, as in MySQL 5.7 (MariaDB 16 MB, MySQL 8 64 MB).
 */
const ROWS_PER_STATEMENT = 500;
const CHARACTERS_PER_STATEMENT = 750_000;

/** Nobody sets `max_allowed_packet` lower: statements up to this are sent without asking for it. */
const SURELY_ALLOWED_BYTES = 1_000_000;

/** Questions, each on whichever connection is free; asked again on another one where that breaks. */
export class MysqlReader implements ReaderDb {
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

  close(): Promise<void> {
    return this.#pool.end();
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
    for (const part of statements(rows)) {
      const text = insertText(insert, `VALUES ${part.map(() => row).join(', ')}`, 'mysql');
      changed += ((await run(this.#client, { text, values: part.flat() })) as ResultSetHeader).affectedRows;
    }
    return changed;
  }
}

type Row = readonly SqlValue[];

/** The rows by the statements that they go in. */
function* statements(rows: readonly Row[]): Generator<readonly Row[]> {
  let part: Row[] = [];
  let characters = 0;
  for (const row of rows) {
    const length = row.reduce<number>((sum, value) => sum + lengthOf(value), 0);
    if (
      part.length === ROWS_PER_STATEMENT ||
      (part.length > 0 && characters + length > CHARACTERS_PER_STATEMENT)
    ) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(row);
    characters += length;
  }
  if (part.length > 0) yield part;
}

/** Of bytes each is written as two digits. */
const lengthOf = (value: SqlValue) =>
  typeof value === 'string' ? value.length : value instanceof Uint8Array ? value.length * 2 : 20;

async function run(client: PoolConnection, { text, values }: Compiled): Promise<unknown> {
  const statement = client.format(quoted(text), values as unknown[]);
  try {
    await refuseTooLarge(client, statement);
    const [result] = await client.query(statement);
    return result;
  } catch (error) {
    throw translate(error);
  }
}

/** The server would break the connection off, often before it says why. */
async function refuseTooLarge(client: PoolConnection, statement: string): Promise<void> {
  if (statement.length * 3 <= SURELY_ALLOWED_BYTES) return;
  const size = Buffer.byteLength(statement);
  if (size <= SURELY_ALLOWED_BYTES) return;
  const [rows] = await client.query('SELECT @@max_allowed_packet AS most');
  const [{ most }] = rows as [{ readonly most: number | string }];
  // One byte of the packet says what it is.
  if (size < Number(most)) return;
  throw new ValueRefused(
    `MySQL cannot store a value: with it a statement has ${size} bytes, and max_allowed_packet is ${most}. Send less, or raise max_allowed_packet of the server.`,
  );
}

/** These are reserved words here. Our keywords are written in capitals, so the small word is always the column. */
const quoted = (text: string) => text.replace(/\b(?:key|schema)\b/g, '`$&`');
