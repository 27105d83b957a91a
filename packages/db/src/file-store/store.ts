import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db, ReaderDb, Store, Tx } from '../handles.ts';
import { SqliteConnection } from '../sqlite/connection.ts';
import { openSqliteReader, SqliteStore } from '../sqlite/store.ts';
import type { FolderStore } from '../uri.ts';
import { changedNamed } from './aim.ts';
import { FreshDb, SearchFreshness } from './freshness.ts';
import { indexPath, openIndex, openRoot } from './index-file.ts';
import { Layout } from './layout.ts';
import { changedUnits } from './passes.ts';
import { WRITING_MS } from './reading.ts';
import { FolderSync } from './sync.ts';
import { FolderTransaction } from './transaction.ts';
import type { Problem } from './units.ts';

/** How often it is looked whether there are entries that could not be read, to tell of them. Milliseconds. */
const NEWS_MS = 1000;
const MOST_NEWS = 1000;

/** An index of so many units is compared with every file at the start; of more, with what tells of most changes. */
const FEW_UNITS = 2000;

/** Units that the first reading of a folder takes up in one transaction. */
const UNITS_AT_START = 1000;

export interface OpenedFolder {
  readonly store: FileStore;
  readonly created: boolean;
  /** Entries that were passed over because they cannot be read. */
  readonly skipped: number;
}

export interface FolderOptions {
  /** Told of entries that are passed over: all at the start, later each that is new. */
  readonly onSkipped?: (problems: readonly Problem[]) => void;
}

/**
 * A folder in the layout of MLflow's file store. The folder is the truth: a database beside it is an index, which
 * answers all questions with the same statements as any other backend and can be made anew at any time. A write
 * happens in the index, then the files of exactly what it changed are written and synced, and only then is it
 * committed and acknowledged. What other programs write is found by the times and sizes of files.
 */
export class FileStore implements Store {
  readonly db: Db;
  readonly #index: SqliteStore;
  readonly #transaction: FolderTransaction;
  readonly #news: NodeJS.Timeout;

  private constructor(path: string, layout: Layout, { onSkipped }: FolderOptions) {
    let transaction: FolderTransaction | undefined;
    // The folder is what has to survive; the index only has to stay readable.
    this.#index = new SqliteStore(path, (writer) => {
      transaction = new FolderTransaction(writer, layout);
      return transaction;
    });
    this.#transaction = transaction!;
    const sync = new FolderSync(this.#index.reader, layout);
    this.db = new FreshDb(this.#index.reader, async (statement) => {
      const changed = changedNamed(sync, statement);
      if (changed?.length) await this.write(async () => this.#transaction.refresh(changed));
    });
    this.#news = setInterval(() => void this.#tell(onSkipped), NEWS_MS).unref();
  }

  /** @throws SchemaError when there is no folder that can be used. */
  static async open(folder: FolderStore, options: FolderOptions = {}): Promise<OpenedFolder> {
    const { root, created } = openRoot(folder.path);
    const path = indexPath(folder, root);
    const layout = new Layout(root);
    const isWarm = existsSync(path);
    openIndex(path, layout);
    const store = new FileStore(path, layout, options);
    const skipped = await store.#readFolder(isWarm);
    await store.#tell(options.onSkipped);
    return { store, created, skipped };
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#index.write(work);
  }

  /**
   * What is found changed in the folder by those that search is written to the index by connections of their own; what a
   * request here has asked for by its id, by ours.
   */
  hasNews(): boolean {
    const isTakenUpHere = this.#transaction.tookUp();
    return this.#index.hasNews() || isTakenUpHere;
  }

  async close(): Promise<void> {
    clearInterval(this.#news);
    await this.#index.close();
  }

  /** Brings the index up to the folder. @returns how many entries were passed over. */
  async #readFolder(isWarm: boolean): Promise<number> {
    const { sync } = this.#transaction;
    const isDeep = sync.book.countUnits() <= FEW_UNITS;
    if (await this.#pass(isDeep)) {
      // What was written this moment will be whole, or is broken, when it is looked at again.
      await sleep(WRITING_MS);
      await this.#pass(isDeep);
    }
    return this.write(async () => {
      // What was read before may have changed in any of its files since: the first search looks at all of them.
      if (isWarm) sync.book.setSwept(isDeep);
      sync.book.forgetNews();
      return sync.book.countProblems();
    });
  }

  async #pass(isDeep: boolean): Promise<boolean> {
    const { sync } = this.#transaction;
    let mayBeWriting = false;
    const units = changedUnits(this.#index.writer, sync, isDeep);
    sync.startPass();
    for (let isDone = false; !isDone; ) {
      await this.write(async () => {
        this.#transaction.untracked(() => {
          for (let count = 0; count < UNITS_AT_START && !isDone; count++) {
            const next = units.next();
            if (next.done) isDone = true;
            else mayBeWriting = sync.refresh(next.value) || mayBeWriting;
          }
        });
      });
    }
    return mayBeWriting;
  }

  async #tell(onSkipped: FolderOptions['onSkipped']): Promise<void> {
    const { book } = this.#transaction.sync;
    if (!onSkipped || !book.hasNews()) return;
    onSkipped(await this.write(async () => book.takeNews(MOST_NEWS)));
  }
}

/** Reads for one thread that only reads; it takes up what it finds changed in the folder by a connection of its own. */
export function openFolderReader(folder: FolderStore): ReaderDb {
  const { root } = openRoot(folder.path);
  const path = indexPath(folder, root);
  const writer = new SqliteConnection(path, { readOnly: false });
  writer.exec('PRAGMA busy_timeout = 20000; PRAGMA synchronous = NORMAL');
  const freshness = new SearchFreshness(writer, new Layout(root));
  const reader = openSqliteReader(path);
  const db = new FreshDb(reader, (statement) => freshness.before(statement));
  return {
    dialect: db.dialect,
    keepsInfinity: db.keepsInfinity,
    all: (query) => db.all(query),
    get: (query) => db.get(query),
    close() {
      reader.close();
      writer.close();
    },
  };
}
