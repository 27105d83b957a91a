import type { Db, Store, Tx } from '../handles.ts';
import { SqliteConnection } from './connection.ts';
import { isSqliteError } from './errors.ts';
import { GroupCommit } from './group-commit.ts';

/**
 * An SQLite file that has MLflow's schema. One connection writes, another reads, both on the calling thread; heavy
 * reads belong on a thread of their own with `openReader`.
 *
 * The file is in WAL mode while it is open, so that readers never wait for the writer, and goes back to a single
 * plain file on `close`: people copy and move these files.
 */
export class SqliteStore implements Store {
  readonly db: Db;
  readonly #reader: SqliteConnection;
  readonly #writer: SqliteConnection;
  readonly #commits: GroupCommit;

  constructor(path: string) {
    this.#writer = new SqliteConnection(path, { readOnly: false });
    // FULL syncs the log at every commit: what was acknowledged survives loss of power.
    this.#writer.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000');
    this.#reader = openReader(path);
    this.#commits = new GroupCommit(this.#writer);
    this.db = this.#reader;
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#commits.write(work);
  }

  async close(): Promise<void> {
    await this.#commits.settle();
    this.#reader.close();
    try {
      this.#writer.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
    } catch (error) {
      // Another process has the file open: it stays in WAL mode, which every SQLite can read.
      if (!isSqliteError(error)) throw error;
    }
    this.#writer.close();
  }
}

/** A connection that can only read, for one thread. */
export function openReader(path: string): SqliteConnection {
  return new SqliteConnection(path, { readOnly: true });
}
