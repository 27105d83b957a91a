import type { ClientBase, Pool } from 'pg';
import type { Changes, Db, Tx } from '../handles.ts';
import { distinctRows, type Insert, insertText } from '../insert.ts';
import { type Attempts, withRetries } from '../retry.ts';
import type { Compiled, Sql, SqlValue } from '../sql.ts';
import type { ColumnTypes } from './column-types.ts';
import { translate } from './errors.ts';

/** Questions, each on whichever connection is free; asked again on another one where that breaks. */
export class PostgresqlReader implements Db {
  readonly dialect = 'postgresql';
  readonly #pool: Pool;
  readonly #attempts: Attempts;

  constructor(pool: Pool, attempts: Attempts = withRetries) {
    this.#pool = pool;
    this.#attempts = attempts;
  }

  async all<R>(query: Sql<R>): Promise<R[]> {
    const compiled = query.compile('postgresql');
    return (await this.#attempts(() => run(this.#pool, compiled))).rows as R[];
  }

  async get<R>(query: Sql<R>): Promise<R | undefined> {
    return (await this.all(query))[0];
  }
}

/** Statements within a transaction, on its connection. */
export class PostgresqlSession implements Tx {
  readonly dialect = 'postgresql';
  readonly #client: ClientBase;
  readonly #types: ColumnTypes;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: ClientBase, types: ColumnTypes) {
    this.#client = client;
    this.#types = types;
  }

  async all<R>(query: Sql<R>): Promise<R[]> {
    return (await this.#run(query.compile('postgresql'))).rows as R[];
  }

  async get<R>(query: Sql<R>): Promise<R | undefined> {
    return (await this.all(query))[0];
  }

  async run(statement: Sql): Promise<Changes> {
    const { rowCount, rows } = await this.#run(statement.compile('postgresql'));
    const [first] = rows as readonly { readonly id?: number }[];
    return { changes: rowCount ?? 0, lastInsertId: first?.id ?? 0 };
  }

  /** Many rows travel as one array per column: the statement stays the same whatever their number. */
  async insert(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    const distinct = distinctRows(insert, rows);
    const [first] = distinct;
    if (first === undefined) return 0;
    const compiled =
      distinct.length === 1
        ? {
            text: insertText(insert, `VALUES (${insert.columns.map(() => '?').join(', ')})`, 'postgresql'),
            values: first,
          }
        : await this.#insertArrays(insert, distinct);
    return (await this.#run(compiled)).rowCount ?? 0;
  }

  async #insertArrays(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<Compiled> {
    const types = await this.#inTurn(() => this.#types.of(insert.into, this.#client));
    const arrays = insert.columns.map((column) => {
      const type = types.get(column);
      if (type === undefined) throw new Error(`the table ${insert.into} has no column ${column}`);
      return `CAST(? AS ${type}[])`;
    });
    return {
      text: insertText(insert, `SELECT * FROM unnest(${arrays.join(', ')})`, 'postgresql'),
      values: insert.columns.map((_, index) =>
        rows.map((row) => row[index]),
      ) as unknown as Compiled['values'],
    };
  }

  #run(compiled: Compiled) {
    return this.#inTurn(() => run(this.#client, compiled));
  }

  /** A connection has one statement at a time: what is asked for together waits here, as the driver demands. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // Whoever asked is told of a failure by `result`; the next in line only waits for the end.
    this.#last = result.catch(() => undefined);
    return result;
  }
}

async function run(client: ClientBase | Pool, { text, values }: Compiled) {
  try {
    return await client.query(numbered(text), values as unknown[]);
  } catch (error) {
    throw translate(error);
  }
}

/** Texts are few: each query is written once. Only lists of terms of a search make new ones. */
const KEPT_TEXTS = 2000;
const numberedTexts = new Map<string, string>();

/** PostgreSQL numbers its bound values. No text of ours has a question mark but for a value. */
function numbered(text: string): string {
  let result = numberedTexts.get(text);
  if (result === undefined) {
    let count = 0;
    result = text.replace(/\?/g, () => `$${++count}`);
    if (numberedTexts.size >= KEPT_TEXTS) numberedTexts.clear();
    numberedTexts.set(text, result);
  }
  return result;
}
