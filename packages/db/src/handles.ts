import type { Sql, SqlValue } from './sql.ts';

/** For reading. There is nothing here to write with. */
export interface Db {
  all<Row>(query: Sql<Row>): Promise<Row[]>;
  get<Row>(query: Sql<Row>): Promise<Row | undefined>;
}

export interface Changes {
  /** Rows inserted, updated or deleted. */
  readonly changes: number;
  /** The id of the last inserted row, for tables whose key the database assigns. */
  readonly lastInsertId: number;
}

/** A transaction: reads see its own writes. */
export interface Tx extends Db {
  run(statement: Sql): Promise<Changes>;
  /** One statement for many rows of bound values. */
  runMany(text: string, rows: readonly (readonly SqlValue[])[]): Promise<void>;
}

export interface Store {
  readonly db: Db;
  /**
   * Runs `work` in a transaction that may be shared with other callers' work (group commit) and resolves once it is on
   * disk. When `work` throws, nothing of it stays, and the work it shared the transaction with is not touched.
   *
   * @throws DatabaseUnavailable when the database cannot take the write; nothing of the work was kept.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Waits for pending writes, then checkpoints and closes. */
  close(): Promise<void>;
}

export type UnavailableReason = 'full' | 'locked' | 'read-only' | 'io';

/** The database exists but cannot do this now. `message` says why and what to do. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  readonly reason: UnavailableReason;

  constructor(reason: UnavailableReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
