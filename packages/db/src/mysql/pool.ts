import { narrow } from '@bitacora/protocol';
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { LOCK_TIME_MS, type PoolSettings, sizeOf, WAIT_TIME_MS } from '../pool-settings.ts';
import type { ServerAddress } from '../uri.ts';
import { type MysqlTls, sslOf } from './ssl.ts';

/**
 * READ COMMITTED keeps fewer locks than MySQL's default and is what PostgreSQL does. The modes are set whole, never added
 * to what the server has: values are written into statements by the driver, and with NO_BACKSLASH_ESCAPES one could break
 * out. Among them, NO_AUTO_VALUE_ON_ZERO lets the default experiment have the id 0.
 */
const SESSION = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = ${LOCK_TIME_MS / 1000}`,
];

export function openPool(address: ServerAddress, settings: PoolSettings, tls: MysqlTls): Pool {
  const { options } = address;
  const ssl = sslOf(address, tls);
  const config: PoolOptions = {
    ...(address.host !== undefined && { host: address.host }),
    ...(address.port !== undefined && { port: address.port }),
    ...(address.user !== undefined && { user: address.user }),
    ...(address.password !== undefined && { password: address.password }),
    ...(address.database !== undefined && { database: address.database }),
    ...(options.unix_socket !== undefined && { socketPath: options.unix_socket }),
    ...(ssl !== undefined && { ssl }),
    charset: 'utf8mb4',
    connectTimeout: settings.wait_ms ?? (Number(options.connect_timeout ?? 0) * 1000 || WAIT_TIME_MS),
    connectionLimit: sizeOf(settings),
    // A server that is gone without a word is noticed after some probes, not after the system's two hours.
    keepAliveInitialDelay: 10_000,
    // Rows that an upsert leaves as they were do not count as changed.
    flags: ['-FOUND_ROWS'],
    supportBigNumbers: true,
    bigNumberStrings: true,
    // MariaDB's JSON is a long text with a note that it is JSON: the driver would parse it after all.
    jsonStrings: true,
    typeCast(field, next) {
      switch (field.type) {
        case 'LONGLONG': {
          const text = field.string();
          return text === null ? null : narrow(BigInt(text));
        }
        case 'NEWDECIMAL':
        case 'DECIMAL': {
          const text = field.string();
          return text === null ? null : Number(text);
        }
        case 'JSON':
          return field.string();
        default:
          return next();
      }
    },
  };
  const pool = createPool(config);
  const started = new WeakMap<object, number>();
  pool.pool.on('connection', (connection) => {
    started.set(connection, performance.now());
    // In the order of the connection, so before the query that it was made for. Without them it must not be used.
    for (const statement of SESSION)
      connection.query(statement, (error: unknown) => {
        if (error) connection.destroy();
      });
  });
  if (settings.recycle_s > 0) {
    pool.pool.on('release', (connection) => {
      const age_ms = performance.now() - (started.get(connection) ?? 0);
      if (age_ms > settings.recycle_s * 1000) connection.destroy();
    });
  }
  return pool;
}
