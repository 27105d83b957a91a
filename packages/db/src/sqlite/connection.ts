import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Int64, narrow } from '@bitacora/protocol';
import type { Changes, Db, Tx } from '../handles.ts';
import { type Insert, insertText } from '../insert.ts';
import { regularExpression } from '../regular-expression.ts';
import type { Compiled, Sql, SqlValue } from '../sql.ts';
import { translate } from './errors.ts';

type Values = SqlValue[];

interface Prepared {
  readonly statement: StatementSync;
  readonly toRow: (values: Values) => unknown;
  /** It has met an integer beyond 2^53, and reads all as bigint from then on. */
  hasBigInts: boolean;
}

/** Statements kept prepared per connection. Filters make new texts without end, so the oldest make room. */
const KEPT_STATEMENTS = 400;

/**
 * One connection. The calls are promises only so that the code above them reads the same on engines that answer over
 * a network: here each has run when it returns.
 */
export class SqliteConnection implements Db, Tx {
  readonly dialect = 'sqlite';
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();

  constructor(path: string, { readOnly }: { readonly readOnly: boolean }) {
    this.path = path;
    this.#database = new DatabaseSync(path, { readOnly, timeout: readOnly ? 20_000 : 0 });
    // MLflow's own settings per connection: LIKE must tell upper from lower case, keys cascade on rename.
    this.#database.exec(
      'PRAGMA case_sensitive_like = ON; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY',
    );
    // SQLite has the operator REGEXP, but leaves its meaning to the program.
    this.#database.function('regexp', { deterministic: true }, (pattern, text) =>
      text === null ? null : Number(regularExpression(String(pattern)).test(String(text))),
    );
  }

  exec(text: string): void {
    this.#database.exec(text);
  }

  get isTransaction(): boolean {
    return this.#database.isTransaction;
  }

  /** Rows of a text of our own, at once: for work on this thread that must not be interrupted. */
  rows<R>(text: string, ...values: readonly SqlValue[]): R[] {
    return this.#read(text, (statement) => statement.all(...values)) as R[];
  }

  /** Runs a text of our own at once. @returns how many rows it changed. */
  change(text: string, ...values: readonly SqlValue[]): number {
    try {
      return Number(this.#prepare(text).statement.run(...values).changes);
    } catch (error) {
      throw translate(error, this.path);
    }
  }

  async all<R>(query: Sql<R>): Promise<R[]> {
    const { text, values } = compile(query);
    return this.#read(text, (statement) => statement.all(...values)) as R[];
  }

  async get<R>(query: Sql<R>): Promise<R | undefined> {
    const { text, values } = compile(query);
    return this.#read(text, (statement) => {
      const row = statement.get(...values);
      return row === undefined ? [] : [row];
    })[0] as R | undefined;
  }

  async run(statement: Sql): Promise<Changes> {
    const { text, values } = compile(statement);
    try {
      const { changes, lastInsertRowid } = this.#prepare(text).statement.run(...values);
      return { changes: Number(changes), lastInsertId: this.#exact(lastInsertRowid) };
    } catch (error) {
      throw translate(error, this.path);
    }
  }

  /**
   * Many rows to a statement. At the end of each statement SQLite goes through the journal of the savepoint, which a
   * large write has filled: row by row, 6,000 spans took ten seconds in place of half a one.
   */
  async insert(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    return this.insertRows(insert, rows);
  }

  /** The same at once. */
  insertRows(insert: Insert, rows: readonly (readonly SqlValue[])[]): number {
    try {
      let changed = 0;
      let start = 0;
      for (const size of ROWS_AT_ONCE) {
        if (size * insert.columns.length > MOST_VALUES) continue;
        for (; rows.length - start >= size; start += size) {
          const { statement } = this.#prepare(insertOf(insert, size));
          const values = size === 1 ? rows[start]! : rows.slice(start, start + size).flat();
          changed += Number(statement.run(...values).changes);
        }
      }
      return changed;
    } catch (error) {
      throw translate(error, this.path);
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(text: string): Prepared {
    const known = this.#statements.get(text);
    if (known) return known;
    if (this.#statements.size >= KEPT_STATEMENTS) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    const statement = this.#database.prepare(text);
    statement.setReturnArrays(true);
    const prepared = {
      statement,
      toRow: rowMaker(statement.columns().map(({ name }) => name)),
      hasBigInts: false,
    };
    this.#statements.set(text, prepared);
    return prepared;
  }

  /** `run` rounds an id beyond 2^53, which file stores have. */
  #exact(id: number | bigint): Int64 {
    if (Number.isSafeInteger(id)) return id;
    const { statement } = this.#prepare('SELECT last_insert_rowid()');
    statement.setReadBigInts(true);
    const [exact] = statement.get() as unknown as [bigint];
    return narrow(exact);
  }

  #read(text: string, fetch: (statement: StatementSync) => unknown[]): unknown[] {
    try {
      const prepared = this.#prepare(text);
      const { statement, toRow } = prepared;
      if (!prepared.hasBigInts) {
        try {
          return (fetch(statement) as Values[]).map(toRow);
        } catch (error) {
          // node:sqlite refuses to round an integer beyond 2^53. Those are rare, so only then read all as bigint.
          if (!(error instanceof RangeError)) throw error;
          statement.setReadBigInts(true);
          prepared.hasBigInts = true;
        }
      }
      return (fetch(statement) as Values[]).map((values) => toRow(values.map(narrowValue)));
    } catch (error) {
      throw translate(error, this.path);
    }
  }
}

/** In as few statements as a handful of prepared texts allow. */
const ROWS_AT_ONCE = [100, 20, 5, 1];

/** SQLite's bound on the values of one statement is 32,766. */
const MOST_VALUES = 30_000;

const insertTexts = new WeakMap<Insert, Map<number, string>>();

function insertOf(insert: Insert, count: number): string {
  const texts = insertTexts.get(insert) ?? new Map<number, string>();
  insertTexts.set(insert, texts);
  let text = texts.get(count);
  if (text === undefined) {
    const row = `(${insert.columns.map(() => '?').join(', ')})`;
    text = insertText(insert, `VALUES ${Array(count).fill(row).join(', ')}`, 'sqlite');
    texts.set(count, text);
  }
  return text;
}

interface SqliteStatement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** Only PostgreSQL is given lists as values. */
const compile = (query: Sql): SqliteStatement => query.compile('sqlite') as Compiled as SqliteStatement;

const narrowValue = (value: SqlValue): SqlValue => (typeof value === 'bigint' ? narrow(value) : value);

/**
 * A function from the values of a row to an object of one fixed shape. The objects that node:sqlite makes itself are
 * dictionaries, slower to make and to read: reading 1,000 rows this way takes half the time. The names are columns of
 * our own statements, never a caller's text.
 */
function rowMaker(names: readonly string[]): (values: Values) => unknown {
  const fields = names.map((name, index) => `${JSON.stringify(name)}: values[${index}]`).join(', ');
  return new Function('values', `return { ${fields} };`) as (values: Values) => unknown;
}
