import type { Store, Tx } from '../handles.ts';
import { Checkpoints } from './checkpoints.ts';
import { SqliteConnection } from './connection.ts';
import { isSqliteError } from './errors.ts';
import { type Elsewhere, GroupCommit } from './group-commit.ts';

/**
 * An SQLite file that has MLflow's schema. One connection writes, another reads, both on the calling thread; heavy
 * reads belong on a thread of their own with `openSqliteReader`.
 *
 * The file is in WAL mode while it is open, so that readers never wait for the writer, and goes back to a single
 * plain file on `close`: people copy and move these files.
 */
export class SqliteStore implements Store {
  readonly db: SqliteConnection;
  readonly #reader: SqliteConnection;
  /** For whoever made the store, within its transactions. */
  readonly writer: SqliteConnection;
  readonly #commits: GroupCommit;
  readonly #checkpoints: Checkpoints;

  /**
   * @param sync FULL, unless what the file holds can be had again from elsewhere.
   * @param elsewhere where it is kept besides, made from the connection that writes.
   */
  constructor(
    path: string,
    sync: 'FULL' | 'NORMAL' = 'FULL',
    elsewhere?: (writer: SqliteConnection) => Elsewhere,
  ) {
    this.writer = new SqliteConnection(path, { readOnly: false });
    // FULL syncs the log at every commit: what was acknowledged survives loss of power.
    // Changing the mode needs the file for a moment, which another server that starts just now may hold.
    this.writer.exec('PRAGMA busy_timeout = 20000; PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 0');
    this.writer.exec(`PRAGMA synchronous = ${sync}; PRAGMA cache_size = -8000`);
    // Checkpoints are made on a thread of their own. Under load without a pause only a commit can begin the log anew,
    // so the writer does its part when the log reaches 40 MB, with little left to copy by then.
    this.writer.exec('PRAGMA wal_autocheckpoint = 10000');
    this.#reader = openSqliteReader(path);
    this.#checkpoints = new Checkpoints(path);
    this.#commits = new GroupCommit(
      this.writer,
      (count) => this.#checkpoints.committed(count),
      elsewhere?.(this.writer),
    );
    this.db = this.#reader;
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#commits.write(work);
  }

  /** For what another connection must do to the file: writes wait until it is done. */
  pauseWrites<T>(work: () => Promise<T>): Promise<T> {
    return this.#commits.pause(work);
  }

  async close(): Promise<void> {
    await this.#commits.settle();
    await this.#checkpoints.close();
    this.#reader.close();
    try {
      this.writer.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
    } catch (error) {
      // Another process has the file open: it stays in WAL mode, which every SQLite can read.
      if (!isSqliteError(error)) throw error;
    }
    this.writer.close();
  }
}

/** A connection that can only read, for one thread. */
export function openSqliteReader(path: string): SqliteConnection {
  const reader = new SqliteConnection(path, { readOnly: true });
  // 32 MB, taken as it is needed: SQLite's own 2 MB make searches of large tables twice as long.
  reader.exec('PRAGMA cache_size = -32000');
  return reader;
}
