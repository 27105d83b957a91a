import type { Pool, PoolClient } from 'pg';
import type { ReaderDb } from '../handles.ts';
import { type Attempts, withRetries } from '../retry.ts';
import type { Compiled, Sql } from '../sql.ts';
import type { Statements } from './statements.ts';

interface Question {
  readonly compiled: Compiled;
  readonly answer: (rows: unknown[]) => void;
  readonly fail: (error: unknown) => void;
}

export interface ReaderOptions {
  readonly attempts?: Attempts;
  /** How many questions of one turn of the event loop may go over one connection, one after the other. */
  readonly together?: number;
}

/**
 * Questions, on whichever connections are free; asked again on another one where that breaks. Short ones that come at
 * once are sent at once: waiting for each answer would cost more than the answers.
 */
export class PostgresqlReader implements ReaderDb {
  readonly dialect = 'postgresql';
  readonly #pool: Pool;
  readonly #statements: Statements;
  readonly #attempts: Attempts;
  readonly #together: number;
  #waiting: Question[] = [];

  constructor(
    pool: Pool,
    statements: Statements,
    { attempts = withRetries, together = 1 }: ReaderOptions = {},
  ) {
    this.#pool = pool;
    this.#statements = statements;
    this.#attempts = attempts;
    this.#together = together;
  }

  async all<R>(query: Sql<R>): Promise<R[]> {
    const compiled = query.compile('postgresql');
    return this.#attempts(() => this.#ask(compiled)) as Promise<R[]>;
  }

  async get<R>(query: Sql<R>): Promise<R | undefined> {
    return (await this.all(query))[0];
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  #ask(compiled: Compiled): Promise<unknown[]> {
    return new Promise((answer, fail) => {
      if (this.#waiting.push({ compiled, answer, fail }) === 1) setImmediate(() => this.#send());
    });
  }

  #send(): void {
    const questions = this.#waiting;
    this.#waiting = [];
    for (let start = 0; start < questions.length; start += this.#together)
      void this.#askTogether(questions.slice(start, start + this.#together));
  }

  async #askTogether(questions: readonly Question[]): Promise<void> {
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      for (const { fail } of questions) fail(this.#statements.translate(error));
      return;
    }
    let hasFailed = false;
    const ask = async ({ compiled, answer, fail }: Question) => {
      try {
        answer((await client.query(this.#statements.toQuery(compiled))).rows);
      } catch (error) {
        fail(this.#statements.translate(error, { follows: hasFailed }));
        hasFailed = true;
      }
    };
    await Promise.all(questions.map(ask));
    // The pool itself does not take back one that is broken.
    client.release();
  }
}
