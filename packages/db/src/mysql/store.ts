import type { Pool } from 'mysql2/promise';
import type { Db, Store, Tx } from '../handles.ts';
import type { PoolSettings } from '../pool-settings.ts';
import { withRetries } from '../retry.ts';
import type { ServerAddress } from '../uri.ts';
import { lostAgainstAnother, translate } from './errors.ts';
import { type MysqlTls, openPool } from './pool.ts';
import { MysqlSession } from './session.ts';

/** A MySQL or MariaDB database that has MLflow's schema. Every write has a connection and a transaction of its own. */
export class MysqlStore implements Store {
  readonly db: Db;
  readonly #pool: Pool;

  constructor(address: ServerAddress, settings: PoolSettings, tls: MysqlTls) {
    this.#pool = openPool(address, settings, tls);
    this.db = new MysqlSession(this.#pool);
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return withRetries(
      () => this.#transaction(work),
      (error) => lostAgainstAnother(error instanceof Error ? (error.cause ?? error) : error),
    );
  }

  async #transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const connection = await this.#pool.getConnection().catch((error: unknown) => {
      throw translate(error);
    });
    try {
      await connection.query('BEGIN');
      const value = await work(new MysqlSession(connection));
      await connection.query('COMMIT');
      connection.release();
      return value;
    } catch (error) {
      await connection.query('ROLLBACK').then(
        () => connection.release(),
        () => connection.destroy(),
      );
      throw translate(error);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
