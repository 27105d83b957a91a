import type { Pool } from 'mysql2/promise';
import type { Db, Store, Tx } from '../handles.ts';
import type { PoolSettings } from '../pool-settings.ts';
import { uncommitted, withRetries } from '../retry.ts';
import type { ServerAddress } from '../uri.ts';
import { acquire } from './acquire.ts';
import { translate } from './errors.ts';
import { openPool } from './pool.ts';
import { MysqlReader, MysqlSession } from './session.ts';
import type { MysqlTls } from './ssl.ts';

/** A MySQL or MariaDB database that has MLflow's schema. Every write has a connection and a transaction of its own. */
export class MysqlStore implements Store {
  readonly db: Db;
  readonly #pool: Pool;

  constructor(address: ServerAddress, settings: PoolSettings, tls: MysqlTls) {
    this.#pool = openPool(address, settings, tls);
    this.db = new MysqlReader(this.#pool);
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return withRetries(() => this.#transaction(work));
  }

  async #transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const connection = await acquire(this.#pool);
    let value: T;
    try {
      await connection.query('BEGIN');
      value = await work(new MysqlSession(connection));
    } catch (error) {
      // A connection that cannot even undo is not given back; the server undoes what it leaves.
      await connection.query('ROLLBACK').then(
        () => connection.release(),
        () => connection.destroy(),
      );
      throw translate(error);
    }
    try {
      await connection.query('COMMIT');
    } catch (error) {
      connection.destroy();
      throw uncommitted(translate(error));
    }
    connection.release();
    return value;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
