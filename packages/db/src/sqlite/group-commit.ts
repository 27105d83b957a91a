import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { DatabaseUnavailable, type Tx } from '../handles.ts';
import { sql } from '../sql.ts';
import type { SqliteConnection } from './connection.ts';
import { isBusy, translate } from './errors.ts';

interface Pending {
  /** Its transaction is shared with nobody: the one that was could not be committed, for whose sake is not known. */
  readonly isAlone?: boolean;
  /** No transaction is open while it runs. */
  readonly isPause?: boolean;
  readonly work: (tx: Tx) => Promise<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

interface Done extends Pending {
  readonly outcome: { readonly value: unknown } | { readonly error: unknown };
}

/**
 * How long one transaction may gather work, in milliseconds, before it is committed: what arrives next waits for at
 * most this and one sync, so large batches cannot starve small writes and reads.
 */
const GROUP_TIME_MS = 12;

/** How long a write waits for another process that holds the file, in milliseconds. MLflow waits as long. */
const BUSY_TIME_MS = 20_000;

/** What else has to be done before a transaction may be committed. */
export interface Elsewhere {
  /** What work is given in place of the connection. */
  readonly tx: Tx;
  /** Keeps elsewhere what the transaction has changed. When it throws, the transaction is undone. */
  keep(): Promise<void>;
}

interface Options {
  /** Puts on disk what has been committed; without it nobody waits for that. `isShort`: it was a single piece of work. */
  readonly sync?: ((options: { readonly isShort: boolean }) => Promise<void>) | undefined;
  /** Called after each transaction. */
  readonly onCommit: () => void;
  readonly elsewhere?: Elsewhere | undefined;
}

/**
 * Group commit: all work that arrives in one turn of the event loop, or while the disk syncs what came before, shares a
 * transaction and a sync. Each piece stands in a savepoint of its own, so that one that fails takes nothing with it.
 * Callers hear of their work when it is on disk; meanwhile the next transaction is worked on.
 */
export class GroupCommit {
  readonly #connection: SqliteConnection;
  readonly #options: Options;
  #waiting: Pending[] = [];
  #draining: Promise<void> | undefined;
  /** The sync of the last transaction, until its callers have been told. Never rejects. */
  #syncing: Promise<void> | undefined;
  /** Why nothing more is written: a sync has failed. */
  #failed: DatabaseUnavailable | undefined;
  #onWork: () => void = () => undefined;

  constructor(connection: SqliteConnection, options: Options) {
    this.#connection = connection;
    this.#options = options;
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      this.#onWork();
      this.#draining ??= nextTurn().then(() => this.#drain());
    });
  }

  /** Runs `work` between two transactions. Writes that come meanwhile wait for it, however long it takes. */
  pause<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject, isAlone: true, isPause: true });
      this.#onWork();
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when all work handed in so far is committed or refused. */
  async settle(): Promise<void> {
    while (this.#draining) await this.#draining;
  }

  async #drain(): Promise<void> {
    try {
      for (;;) {
        if (this.#waiting.length > 0) {
          await (this.#waiting[0]?.isPause ? this.#rest() : this.#commitGroup());
          // Let requests that came in meanwhile be read; they join the next group.
          await nextTurn();
        } else if (this.#syncing) await this.#workOrSynced(this.#syncing);
        else return;
      }
    } finally {
      this.#draining = undefined;
    }
  }

  #workOrSynced(syncing: Promise<void>): Promise<void> {
    return Promise.race([
      syncing,
      new Promise<void>((resolve) => {
        this.#onWork = resolve;
      }),
    ]);
  }

  async #rest(): Promise<void> {
    const pause = this.#waiting.shift();
    await pause?.work(this.#connection).then((value) => pause.resolve(value as never), pause.reject);
  }

  async #commitGroup(): Promise<void> {
    const connection = this.#connection;
    const { onCommit, elsewhere } = this.#options;
    try {
      if (this.#failed) throw this.#failed;
      await this.#begin();
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
      return;
    }
    const done: Done[] = [];
    try {
      await this.#gather(done);
      await elsewhere?.keep();
      if (this.#failed) throw this.#failed;
      connection.exec('COMMIT');
    } catch (error) {
      // SQLite has rolled the whole transaction back (full disk, I/O error): no one's work is kept.
      if (connection.isTransaction) connection.exec('ROLLBACK');
      if (elsewhere && done.length > 1) {
        // One may be at fault for all: each gets another chance by itself.
        this.#waiting.unshift(...done.map(({ outcome: _, ...pending }) => ({ ...pending, isAlone: true })));
        return;
      }
      refuse(done, translate(error, connection.path));
      return;
    }
    onCommit();
    this.#syncing = this.#keep(done).finally(() => {
      this.#syncing = undefined;
    });
  }

  /**
   * Works until nothing waits, but no longer than a group may take. While the disk still syncs the group before there is
   * no hurry: this one could not be synced sooner.
   */
  async #gather(done: Done[]): Promise<void> {
    for (let start = performance.now(); ; ) {
      const isLate = performance.now() - start >= GROUP_TIME_MS;
      const [next] = this.#waiting;
      if (next === undefined || (isLate && done.length > 0)) {
        if (!this.#syncing) return;
        if (next === undefined) await this.#workOrSynced(this.#syncing);
        else await nextTurn();
        start = performance.now();
        continue;
      }
      if (next.isAlone && done.length > 0) break;
      this.#waiting.shift();
      done.push({ ...next, outcome: await this.#runInSavepoint(next) });
      if (next.isAlone) break;
    }
    await this.#syncing;
  }

  /** Tells the callers of a committed transaction what came of their work, once it is on disk. */
  async #keep(done: readonly Done[]): Promise<void> {
    try {
      await this.#options.sync?.({ isShort: done.length === 1 });
    } catch (error) {
      const path = this.#connection.path;
      const why = error instanceof Error ? error.message : error;
      // What a failed sync has lost no later one brings back or tells of: https://wiki.postgresql.org/wiki/Fsync_Errors
      this.#failed = new DatabaseUnavailable(
        'io',
        `The disk of the database ${path} failed (${why}), and nothing is written any more. Check it and start the server again; nothing of this request was stored.`,
        { cause: error },
      );
      refuse(
        done,
        new DatabaseUnavailable(
          'io',
          `The disk of the database ${path} failed (${why}). Check it and start the server again; whether this request was stored is not known.`,
          { cause: error, isUncertain: true },
        ),
      );
      return;
    }
    for (const { resolve, reject, outcome } of done) {
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.value as never);
    }
  }

  /** Waits for another process without holding up the event loop, as SQLite's own busy handler would. */
  async #begin(): Promise<void> {
    const deadline = performance.now() + BUSY_TIME_MS;
    for (let wait = 1; ; wait = Math.min(wait * 2, 100)) {
      try {
        return this.#connection.exec('BEGIN IMMEDIATE');
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw translate(error, this.#connection.path);
      }
      await sleep(wait);
    }
  }

  async #runInSavepoint({ work, reject }: Pending): Promise<Done['outcome']> {
    const connection = this.#connection;
    await connection.run(SAVEPOINT);
    try {
      const value = await work(this.#options.elsewhere?.tx ?? connection);
      await connection.run(RELEASE);
      return { value };
    } catch (error) {
      // SQLite has given up the whole transaction, not just this piece: the caller must refuse the group.
      if (!connection.isTransaction) {
        reject(error);
        throw error instanceof DatabaseUnavailable ? error : translate(error, connection.path);
      }
      await connection.run(ROLLBACK_TO);
      await connection.run(RELEASE);
      return { error };
    }
  }
}

/** Those that failed by themselves hear of their own fault. */
function refuse(done: readonly Done[], reason: unknown): void {
  for (const { reject, outcome } of done) reject('error' in outcome ? outcome.error : reason);
}

const SAVEPOINT = sql`SAVEPOINT work`;
const RELEASE = sql`RELEASE work`;
const ROLLBACK_TO = sql`ROLLBACK TO work`;
