import type { ClientBase } from 'pg';
import { type Changes, DatabaseUnavailable, type Tx } from '../handles.ts';
import { distinctRows, type Insert, insertText } from '../insert.ts';
import type { Compiled, Sql, SqlValue } from '../sql.ts';
import { arrayBytes } from './array-bytes.ts';
import { arrayText } from './array-text.ts';
import type { ColumnTypes } from './column-types.ts';
import { isInFailedTransaction, isUniqueViolation } from './errors.ts';
import type { Statements } from './statements.ts';

/** What all pieces of work in one transaction share. */
export interface TransactionState {
  /** Why the first statement of any of them that failed did. */
  failure?: unknown;
  /** Why there is no transaction: what its statements do is kept, each by itself. */
  notBegun?: unknown;
  /** Rows that are mostly new may be taken for new; if they are not, the transaction is to be tried again without. */
  readonly trustsNew: boolean;
}

/** Of so many rows the engine spends more on looking for each one's key than it would on doing some batches twice. */
const MANY = 100;

/** Statements within a transaction, on its connection. */
export class PostgresqlSession implements Tx {
  readonly dialect = 'postgresql';
  readonly #client: ClientBase;
  readonly #types: ColumnTypes;
  readonly #statements: Statements;
  readonly #state: TransactionState;
  #hasFailed = false;
  #hasWritten = false;

  constructor(client: ClientBase, types: ColumnTypes, statements: Statements, state: TransactionState) {
    this.#client = client;
    this.#types = types;
    this.#statements = statements;
    this.#state = state;
  }

  /** A statement failed, and with it the whole transaction. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** A statement changed something that would have to be undone. */
  get hasWritten(): boolean {
    return this.#hasWritten;
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
    if (insert.isMostlyNew && this.#state.trustsNew && distinct.length >= MANY) {
      // `ON CONFLICT` costs a second look into the index and two more log records for each row, a fifth of a batch.
      const { onConflict: _, ...plain } = insert;
      return (await this.#run(this.#insertArrays(plain, distinct), asRepeated)).rowCount ?? 0;
    }
    const compiled =
      distinct.length === 1
        ? {
            text: insertText(insert, `VALUES (${insert.columns.map(() => '?').join(', ')})`, 'postgresql'),
            values: first,
          }
        : this.#insertArrays(insert, distinct);
    return (await this.#run(compiled)).rowCount ?? 0;
  }

  #insertArrays(insert: Insert, rows: readonly (readonly SqlValue[])[]): Compiled {
    const types = this.#types.of(insert.into);
    const columns = insert.columns.map((column, index) => {
      const type = types.get(column);
      if (type === undefined) throw new Error(`the table ${insert.into} has no column ${column}`);
      const first = rows[0]?.[index] ?? null;
      if (insert.oftenSame?.includes(column) && rows.every((row) => (row[index] ?? null) === first))
        return { column: `CAST(? AS ${type})`, value: first };
      const values = rows.map((row) => row[index] ?? null);
      return {
        column: `unnest(CAST(? AS ${type}[]))`,
        value: arrayBytes(type, values) ?? arrayText(values),
      };
    });
    return {
      // Not `FROM unnest(…, …)`, which the engine first puts down whole, to read it again: half a millisecond for a batch.
      text: insertText(insert, `SELECT ${columns.map(({ column }) => column).join(', ')}`, 'postgresql'),
      values: columns.map(({ value }) => value),
    };
  }

  /**
   * What is asked for together is sent together: the driver's pipeline keeps the order.
   *
   * @param meaningOf what else an error means than to everybody.
   */
  async #run(compiled: Compiled, meaningOf: (error: unknown) => unknown = (error) => error) {
    try {
      const result = await this.#client.query(this.#statements.toQuery(compiled));
      if (this.#state.notBegun !== undefined) throw keptAlone(this.#state.notBegun);
      if (result.command !== 'SELECT' && result.rowCount !== 0) this.#hasWritten = true;
      return result;
    } catch (error) {
      this.#hasFailed = true;
      const follows = this.#state.failure !== undefined;
      // What was sent behind a statement that failed fails for its reason, and may be the first to be told of.
      if (follows && isInFailedTransaction(error)) throw this.#state.failure;
      const meaning = this.#statements.translate(meaningOf(error), { follows });
      this.#state.failure ??= meaning;
      throw meaning;
    }
  }
}

const keptAlone = (cause: unknown) =>
  new DatabaseUnavailable(
    'connection',
    'The database began no transaction for this: some of it may be stored. Look before you send it again, where it must not be there twice.',
    { cause, isUncertain: true },
  );

const asRepeated = (error: unknown) =>
  isUniqueViolation(error)
    ? new DatabaseUnavailable('conflict', 'Some of these rows exist. Try again.', { cause: error })
    : error;
