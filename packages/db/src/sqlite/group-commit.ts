import { setTimeout as sleep } from 'node:timers/promises';
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

/**
 * Group commit: all work that arrives in one turn of the event loop shares a transaction and one sync of the disk.
 * Each piece stands in a savepoint of its own, so that one that fails takes nothing with it.
 */
export class GroupCommit {
  readonly #connection: SqliteConnection;
  readonly #onCommit: (count: number) => void;
  readonly #elsewhere: Elsewhere | undefined;
  #waiting: Pending[] = [];
  #draining: Promise<void> | undefined;

  constructor(connection: SqliteConnection, onCommit: (count: number) => void, elsewhere?: Elsewhere) {
    this.#connection = connection;
    this.#onCommit = onCommit;
    this.#elsewhere = elsewhere;
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      this.#draining ??= new Promise((done) => setImmediate(done)).then(() => this.#drain());
    });
  }

  /** Runs `work` between two transactions. Writes that come meanwhile wait for it, however long it takes. */
  pause<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject, isAlone: true, isPause: true });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when all work handed in so far is committed or refused. */
  async settle(): Promise<void> {
    while (this.#draining) await this.#draining;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        await (this.#waiting[0]?.isPause ? this.#rest() : this.#commitGroup());
        // Let requests that came in meanwhile be read; they join the next group.
        await new Promise((done) => setImmediate(done));
      }
    } finally {
      this.#draining = undefined;
    }
  }

  async #rest(): Promise<void> {
    const pause = this.#waiting.shift();
    await pause?.work(this.#connection).then((value) => pause.resolve(value as never), pause.reject);
  }

  async #commitGroup(): Promise<void> {
    const connection = this.#connection;
    try {
      await this.#begin();
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
      return;
    }
    const done: Done[] = [];
    const start = performance.now();
    try {
      do {
        const pending = this.#waiting.shift();
        if (pending === undefined) break;
        done.push({ ...pending, outcome: await this.#runInSavepoint(pending) });
        if (pending.isAlone || this.#waiting[0]?.isAlone) break;
      } while (performance.now() - start < GROUP_TIME_MS);
      await this.#elsewhere?.keep();
      connection.exec('COMMIT');
    } catch (error) {
      // The sync failed, or SQLite has rolled the whole transaction back (full disk, I/O error): no one's work is kept.
      if (connection.isTransaction) connection.exec('ROLLBACK');
      if (this.#elsewhere && done.length > 1) {
        // One may be at fault for all: each gets another chance by itself.
        this.#waiting.unshift(...done.map(({ outcome: _, ...pending }) => ({ ...pending, isAlone: true })));
        return;
      }
      const reason = translate(error, connection.path);
      for (const { reject, outcome } of done) reject('error' in outcome ? outcome.error : reason);
      return;
    }
    this.#onCommit(done.length);
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
      const value = await work(this.#elsewhere?.tx ?? connection);
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

const SAVEPOINT = sql`SAVEPOINT work`;
const RELEASE = sql`RELEASE work`;
const ROLLBACK_TO = sql`ROLLBACK TO work`;
