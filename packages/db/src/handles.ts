import type { Int64 } from '@bitacora/protocol';
import type { Insert } from './insert.ts';
import type { Dialect, Sql, SqlValue } from './sql.ts';

/** For reading. There is nothing here to write with. */
export interface Db {
  readonly dialect: Dialect;
  /** An infinite metric is kept as it is; else it has to become the largest number, as in MLflow's databases. */
  readonly keepsInfinity?: true;
  all<Row>(query: Sql<Row>): Promise<Row[]>;
  get<Row>(query: Sql<Row>): Promise<Row | undefined>;
}

/** What one thread reads with. */
export interface ReaderDb extends Db {
  close(): void | Promise<void>;
}

export interface Changes {
  /** Rows inserted, updated or deleted. */
  readonly changes: number;
  /** The id that the database gave the inserted row; PostgreSQL tells it where the statement ends in `returningId`. */
  readonly lastInsertId: Int64;
}

/** A transaction: reads see its own writes. */
export interface Tx extends Db {
  run(statement: Sql): Promise<Changes>;
  /** Puts many rows into a table the engine's quickest way. @returns how many rows are new or changed. */
  insert(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<number>;
}

/**
 * Writes that do not need each other's answers. Where each would cost a round trip they are sent at once, and arrive in
 * their order. SQLite does one after the other: when it gives up a transaction, what follows would be outside of any.
 *
 * @throws what the first of them in their order does that fails, once none of them goes on.
 */
export async function together(tx: Tx, writes: readonly (() => Promise<unknown>)[]): Promise<void> {
  if (tx.dialect !== 'postgresql') {
    for (const write of writes) await write();
    return;
  }
  const outcomes = await Promise.allSettled(writes.map((write) => write()));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

export interface WriteOptions {
  /**
   * The work comes to the same whatever other such work does between its statements: it adds rows, or sets values that
   * the last one to come may set, and takes no decision on what such work may change meanwhile. Where a transaction costs
   * round trips it may share one with others that then run at the same time. Unset, it is alone while it runs.
   */
  readonly commutes?: boolean;
}

export interface Store {
  readonly db: Db;
  /**
   * Runs `work` in a transaction that may be shared with other callers' work (group commit) and resolves once it is on
   * disk. When `work` throws, nothing of it stays, and the work it shared the transaction with is not touched.
   *
   * `work` may run more than once: what lost against another transaction, or its connection, is done again from the start.
   *
   * @throws DatabaseUnavailable when the database cannot take the write; nothing of the work was kept unless `isUncertain`.
   */
  write<T>(work: (tx: Tx) => Promise<T>, options?: WriteOptions): Promise<T>;
  /**
   * Whether others may have written since this was last asked, where the engine can tell for nothing. Without it they
   * always may have.
   */
  hasNews?(): boolean;
  /** Waits for pending writes, then checkpoints and closes. */
  close(): Promise<void>;
}

/** A value has no place in its column: too long, out of range, or with characters the engine does not take. */
export class ValueRefused extends Error {
  override readonly name = 'ValueRefused';
}

export type UnavailableReason = 'full' | 'locked' | 'read-only' | 'io' | 'connection' | 'conflict';

/**
 * The database exists but cannot do this now. `message` says why and what to do. `conflict` is a transaction that lost
 * against others and would be done by now had it been alone; `locked` is one that waited too long for others.
 */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  readonly reason: UnavailableReason;
  /** The connection broke after the commit was sent and before it was confirmed: the work may be kept, whole. */
  readonly isUncertain: boolean;

  constructor(
    reason: UnavailableReason,
    message: string,
    { isUncertain = false, ...options }: ErrorOptions & { readonly isUncertain?: boolean } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.isUncertain = isUncertain;
  }
}

/** The backend has no place for this: MLflow's file stores hold less than its databases. */
export class NotKept extends Error {
  override readonly name = 'NotKept';
}
