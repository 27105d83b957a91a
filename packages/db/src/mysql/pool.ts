import { readFileSync } from 'node:fs';
import { narrow } from '@bitacora/protocol';
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import type { PoolSettings } from '../pool-settings.ts';
import type { ServerAddress, UriOptions } from '../uri.ts';

/** Files of MySQL's TLS, as MLFLOW_MYSQL_SSL_CA, _CERT and _KEY name them. */
export interface MysqlTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** How long a request waits for a connection, in milliseconds, before it is told to try again. */
const CONNECT_TIME_MS = 20_000;

/**
 * READ COMMITTED keeps fewer locks than MySQL's default and is what PostgreSQL does. NO_AUTO_VALUE_ON_ZERO lets the
 * default experiment have the id 0.
 */
const SESSION = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  "SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO,STRICT_TRANS_TABLES')",
];

export function openPool(
  address: ServerAddress,
  { size, overflow, recycle_s }: PoolSettings,
  tls: MysqlTls,
): Pool {
  const { options } = address;
  const socketPath = options.unix_socket;
  const ssl = sslOf(options, tls);
  const config: PoolOptions = {
    ...(address.host !== undefined && { host: address.host }),
    ...(address.port !== undefined && { port: address.port }),
    ...(address.user !== undefined && { user: address.user }),
    ...(address.password !== undefined && { password: address.password }),
    ...(address.database !== undefined && { database: address.database }),
    ...(socketPath !== undefined && { socketPath }),
    ...(ssl !== undefined && { ssl }),
    charset: 'utf8mb4',
    connectTimeout: CONNECT_TIME_MS,
    connectionLimit: size + overflow,
    ...(recycle_s > 0 && { idleTimeout: recycle_s * 1000 }),
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
  pool.pool.on('connection', (connection) => {
    // In the order of the connection, so before the query that it was made for; where they fail, that one does too.
    for (const statement of SESSION) connection.query(statement, () => undefined);
  });
  return pool;
}

/** TLS is asked for by MLflow's variables or by the options of the common Python drivers. */
function sslOf(options: UriOptions, tls: MysqlTls): PoolOptions['ssl'] | undefined {
  const file = (name: 'ca' | 'cert' | 'key') => options[`ssl_${name}`] ?? tls[name];
  const files = (['ca', 'cert', 'key'] as const).flatMap((name) => {
    const path = file(name);
    return path === undefined ? [] : [[name, readFileSync(path, 'utf8')] as const];
  });
  const mode = options.ssl_mode?.toUpperCase();
  const isAsked = files.length > 0 || options.ssl === 'true' || (mode !== undefined && mode !== 'DISABLED');
  if (!isAsked || mode === 'DISABLED') return undefined;
  const verifies = files.some(([name]) => name === 'ca') || mode?.startsWith('VERIFY') === true;
  return {
    ...Object.fromEntries(files),
    rejectUnauthorized: verifies,
    verifyIdentity: mode === 'VERIFY_IDENTITY',
  };
}
