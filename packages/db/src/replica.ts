import { DatabaseUnavailable, type ReaderDb } from './handles.ts';
import type { Dialect, Sql } from './sql.ts';

/** For so long the replica is left alone after it could not answer, in milliseconds. */
const REST_MS = 10_000;

/** Asks a replica, and the primary while the replica cannot answer: it is there to take load off, not to be depended on. */
export class ReplicaOrPrimary implements ReaderDb {
  readonly dialect: Dialect;
  readonly #replica: ReaderDb;
  readonly #primary: ReaderDb;
  #restsUntil = 0;

  constructor(replica: ReaderDb, primary: ReaderDb) {
    this.dialect = primary.dialect;
    this.#replica = replica;
    this.#primary = primary;
  }

  all<Row>(query: Sql<Row>): Promise<Row[]> {
    return this.#ask((db) => db.all(query));
  }

  get<Row>(query: Sql<Row>): Promise<Row | undefined> {
    return this.#ask((db) => db.get(query));
  }

  async close(): Promise<void> {
    await Promise.all([this.#replica.close(), this.#primary.close()]);
  }

  async #ask<T>(question: (db: ReaderDb) => Promise<T>): Promise<T> {
    if (performance.now() >= this.#restsUntil) {
      try {
        return await question(this.#replica);
      } catch (error) {
        // A standby also gives up a long question whose rows it must move: that one is asked again, not all that follow.
        if (!(error instanceof DatabaseUnavailable)) throw error;
        if (error.reason !== 'conflict') this.#restsUntil = performance.now() + REST_MS;
      }
    }
    return question(this.#primary);
  }
}
