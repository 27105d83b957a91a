import type { Pool, PoolClient } from 'pg';
import type { Db, Store, Tx } from '../handles.ts';
import type { PoolSettings } from '../pool-settings.ts';
import { uncommitted, withRetries } from '../retry.ts';
import type { ServerAddress } from '../uri.ts';
import { ColumnTypes } from './column-types.ts';
import { translate } from './errors.ts';
import { openPool } from './pool.ts';
import { PostgresqlReader, PostgresqlSession } from './session.ts';

/**
 * A PostgreSQL database that has MLflow's schema. Every write has a connection and a transaction of its own: the engine
 * itself lets transactions that end together share a sync of the disk.
 */
export class PostgresqlStore implements Store {
  readonly db: Db;
  readonly #pool: Pool;
  readonly #types = new ColumnTypes();

  constructor(address: ServerAddress, settings: PoolSettings) {
    this.#pool = openPool(address, settings);
    this.db = new PostgresqlReader(this.#pool);
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return withRetries(() => this.#transaction(work));
  }

  async #transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw translate(error);
    });
    let value: T;
    try {
      await client.query('BEGIN');
      value = await work(new PostgresqlSession(client, this.#types));
    } catch (error) {
      // A connection that cannot even undo is not given back; the server undoes what it leaves.
      await client.query('ROLLBACK').then(
        () => client.release(),
        () => client.release(true),
      );
      throw translate(error);
    }
    await commit(client);
    return value;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

async function commit(client: PoolClient): Promise<void> {
  let outcome: string;
  try {
    outcome = (await client.query('COMMIT')).command;
  } catch (error) {
    client.release(true);
    throw uncommitted(translate(error));
  }
  client.release();
  // The engine takes the commit of a transaction in which a statement failed for a rollback, and calls that a success.
  if (outcome !== 'COMMIT')
    throw new Error('work went on after one of its statements had failed: nothing was kept');
}
