import type { Pool } from 'pg';
import type { Db, Store, Tx, WriteOptions } from '../handles.ts';
import type { PoolSettings } from '../pool-settings.ts';
import { withRetries } from '../retry.ts';
import type { ServerAddress } from '../uri.ts';
import { ColumnTypes } from './column-types.ts';
import { translate } from './errors.ts';
import { openPool } from './pool.ts';
import { PostgresqlReader } from './reader.ts';
import { SharedWrites } from './shared-writes.ts';
import { Statements } from './statements.ts';
import { Transaction } from './transaction.ts';

/** Few enough that short questions do not wait long for each other, and that several connections take part. */
const QUESTIONS_TOGETHER = 8;

/** A PostgreSQL database that has MLflow's schema. Work that commutes shares transactions; any other has its own. */
export class PostgresqlStore implements Store {
  readonly db: Db;
  readonly #pool: Pool;
  readonly #types = new ColumnTypes();
  readonly #statements = new Statements({ named: 'all' });
  readonly #shared = new SharedWrites(
    () => this.#begin({ trustsNew: false }),
    (work) => this.#alone(work),
  );

  constructor(address: ServerAddress, settings: PoolSettings) {
    this.#pool = openPool(address, settings);
    this.db = new PostgresqlReader(this.#pool, this.#statements, { together: QUESTIONS_TOGETHER });
  }

  write<T>(work: (tx: Tx) => Promise<T>, { commutes = false }: WriteOptions = {}): Promise<T> {
    return commutes ? this.#shared.write(work) : this.#alone(work);
  }

  #alone<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    let isFirst = true;
    return withRetries(async () => {
      const transaction = await this.#begin({ trustsNew: isFirst });
      isFirst = false;
      let value: T;
      try {
        value = await work(transaction.session());
      } catch (error) {
        await transaction.undo();
        throw translate(error);
      }
      await transaction.commit();
      return value;
    });
  }

  #begin({ trustsNew }: { readonly trustsNew: boolean }): Promise<Transaction> {
    return Transaction.begin(this.#pool, this.#types, this.#statements, trustsNew);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
