import type { Pool } from 'pg';
import type { Db, Store, Tx } from '../handles.ts';
import type { PoolSettings } from '../pool-settings.ts';
import { withRetries } from '../retry.ts';
import type { ServerAddress } from '../uri.ts';
import { ColumnTypes } from './column-types.ts';
import { lostAgainstAnother, translate } from './errors.ts';
import { openPool } from './pool.ts';
import { PostgresqlSession } from './session.ts';

/**
 * A PostgreSQL database that has MLflow's schema. Every write has a connection and a transaction of its own: the engine
 * itself lets transactions that end together share a sync of the disk.
 */
export class PostgresqlStore implements Store {
  readonly db: Db;
  readonly #pool: Pool;
  readonly #types: ColumnTypes;

  constructor(address: ServerAddress, settings: PoolSettings) {
    this.#pool = openPool(address, settings);
    this.#types = new ColumnTypes();
    this.db = new PostgresqlSession(this.#pool, this.#types);
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return withRetries(
      () => this.#transaction(work),
      (error) => lostAgainstAnother(error instanceof Error ? (error.cause ?? error) : error),
    );
  }

  async #transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw translate(error);
    });
    let broken = false;
    try {
      await client.query('BEGIN');
      const value = await work(new PostgresqlSession(client, this.#types));
      await client.query('COMMIT');
      return value;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {
        broken = true;
      });
      throw translate(error);
    } finally {
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
