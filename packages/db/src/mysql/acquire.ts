import type { Pool, PoolConnection } from 'mysql2/promise';
import { DatabaseUnavailable } from '../handles.ts';
import { WAIT_TIME_MS } from '../pool-settings.ts';
import { translate } from './errors.ts';

/** A connection of the pool, waited for as long as a request may; the pool itself would wait for ever. */
export function acquire(pool: Pool): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(
        new DatabaseUnavailable(
          'locked',
          'All connections to MySQL are in use, and have been for long. Try again; --pool-size and --max-overflow allow more.',
        ),
      );
    }, WAIT_TIME_MS);
    pool.getConnection().then(
      (connection) => {
        clearTimeout(timer);
        if (isLate) connection.release();
        else resolve(connection);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(translate(error));
      },
    );
  });
}
