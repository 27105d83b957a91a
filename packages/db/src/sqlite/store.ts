import type { Store, Tx } from '../handles.ts';
import { Checkpoints, type LogPages } from './checkpoints.ts';
import { SqliteConnection } from './connection.ts';
import { isSqliteError } from './errors.ts';
import { type Elsewhere, GroupCommit } from './group-commit.ts';
import { LogFile } from './log-file.ts';
import { SnapshotReads } from './snapshot-reads.ts';

/**
 * An SQLite file that has MLflow's schema. One connection writes, another reads, both on the calling thread; heavy
 * reads belong on a thread of their own with `openSqliteReader`.
 *
 * The file is in WAL mode while it is open, so that readers never wait for the writer, and goes back to a single
 * plain file on `close`: people copy and move these files.
 */
export class SqliteStore implements Store {
  readonly db: SnapshotReads;
  /** For whoever made the store, where each statement must see what others commit meanwhile. */
  readonly reader: SqliteConnection;
  /** For whoever made the store, within its transactions. */
  readonly writer: SqliteConnection;
  readonly #commits: GroupCommit;
  readonly #log: LogFile;
  readonly #checkpoints: Checkpoints;
  /** When this was last asked; it changes with what other connections commit, other than those that only read. */
  #dataVersion: number | undefined;

  /**
   * @param elsewhere where all that the file holds is kept besides, made from the connection that writes: then nobody
   * waits for the file to be synced.
   */
  constructor(path: string, elsewhere?: (writer: SqliteConnection) => Elsewhere) {
    this.#log = new LogFile(path);
    this.writer = new SqliteConnection(path, { readOnly: false });
    // Changing the mode needs the file for a moment, which another server that starts just now may hold.
    this.writer.exec('PRAGMA busy_timeout = 20000; PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 0');
    // NORMAL keeps the file whole, and leaves the sync that makes a commit last to us: SQLite would stand still for it.
    this.writer.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8000');
    // Checkpoints are made on a thread of their own, long before the log has 200 MB.
    this.writer.exec('PRAGMA wal_autocheckpoint = 50000');
    this.reader = openSqliteReader(path);
    this.db = new SnapshotReads(this.reader);
    this.#checkpoints = new Checkpoints(path, (work) => this.pauseWrites(work));
    this.#commits = new GroupCommit(this.writer, {
      sync: elsewhere ? undefined : (options) => this.#log.sync(options),
      onCommit: () => {
        this.db.end();
        this.#checkpoints.committed(pagesOfLog(this.writer));
      },
      elsewhere: elsewhere?.(this.writer),
    });
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#commits.write(work);
  }

  /** For what another connection must do to the file: writes wait until it is done. */
  pauseWrites<T>(work: () => Promise<T>): Promise<T> {
    return this.#commits.pause(work);
  }

  hasNews(): boolean {
    const before = this.#dataVersion;
    this.#dataVersion = this.writer.rows<DataVersion>('PRAGMA data_version')[0]?.data_version;
    return this.#dataVersion !== before;
  }

  async close(): Promise<void> {
    await this.#checkpoints.close();
    await this.#commits.settle();
    this.#log.close();
    this.db.close();
    try {
      this.writer.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
    } catch (error) {
      // Another process has the file open: it stays in WAL mode, which every SQLite can read.
      if (!isSqliteError(error)) throw error;
    }
    this.writer.close();
  }
}

interface DataVersion {
  readonly data_version: number;
}

function pagesOfLog(connection: SqliteConnection): LogPages {
  const [pages] = connection.rows<LogPages>('PRAGMA wal_checkpoint(NOOP)');
  return pages ?? { log: 0, checkpointed: 0 };
}

/** A connection that can only read, for one thread. */
export function openSqliteReader(path: string): SqliteConnection {
  const reader = new SqliteConnection(path, { readOnly: true });
  // 32 MB, taken as it is needed: SQLite's own 2 MB make searches of large tables twice as long.
  reader.exec('PRAGMA cache_size = -32000');
  return reader;
}
