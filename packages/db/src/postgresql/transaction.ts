import type { Pool, PoolClient } from 'pg';
import { uncommitted } from '../retry.ts';
import type { ColumnTypes } from './column-types.ts';
import { translate } from './errors.ts';
import { PostgresqlSession, type TransactionState } from './session.ts';
import type { Statements } from './statements.ts';

/** A transaction, which has a connection of the pool until it ends. */
export class Transaction {
  readonly #client: PoolClient;
  readonly #types: ColumnTypes;
  readonly #statements: Statements;
  readonly #state: TransactionState;

  private constructor(client: PoolClient, types: ColumnTypes, statements: Statements, trustsNew: boolean) {
    this.#client = client;
    this.#types = types;
    this.#statements = statements;
    this.#state = { trustsNew };
  }

  /** @param trustsNew whether rows that are mostly new are taken for new. */
  static async begin(
    pool: Pool,
    types: ColumnTypes,
    statements: Statements,
    trustsNew: boolean,
  ): Promise<Transaction> {
    const client = await pool.connect().catch((error: unknown) => {
      throw translate(error);
    });
    if (!types.isLoaded) {
      await types.load(client).catch((error: unknown) => {
        client.release();
        throw translate(error);
      });
    }
    const transaction = new Transaction(client, types, statements, trustsNew);
    // Sent together with the first statement, which mostly fails as well where this does, and is told of it where not.
    client.query('BEGIN').catch((error: unknown) => {
      transaction.#state.notBegun = error;
    });
    return transaction;
  }

  /** For a piece of work: what it did and whether it failed is its own. */
  session(): PostgresqlSession {
    return new PostgresqlSession(this.#client, this.#types, this.#statements, this.#state);
  }

  async commit(): Promise<void> {
    let outcome: string;
    try {
      outcome = (await this.#client.query('COMMIT')).command;
    } catch (error) {
      this.#client.release(true);
      throw uncommitted(translate(error));
    }
    this.#client.release();
    // The engine takes the commit of a transaction in which a statement failed for a rollback, and calls that a success.
    if (outcome !== 'COMMIT')
      throw new Error('work went on after one of its statements had failed: nothing was kept');
  }

  /** A connection that cannot even undo is not given back; the server undoes what it leaves. */
  async undo(): Promise<void> {
    await this.#client.query('ROLLBACK').then(
      () => this.#client.release(),
      () => this.#client.release(true),
    );
  }
}
