import { readFileSync } from 'node:fs';
import { narrow } from '@bitacora/protocol';
import pg, { type PoolConfig } from 'pg';
import type { PoolSettings } from '../pool-settings.ts';
import type { ServerAddress, UriOptions } from '../uri.ts';

/** How long a request waits for a connection, in milliseconds, before it is told to try again. */
const CONNECT_TIME_MS = 20_000;

const BOOL = 16;
const INT8 = 20;
const FLOAT4 = 700;
const JSON_TYPE = 114;
const NUMERIC = 1700;

/** Rows come as SQLite gives them: exact integers, booleans as 1 and 0, JSON as text. */
const types: PoolConfig['types'] = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format === 'binary') return pg.types.getTypeParser(oid, format);
    switch (oid) {
      case BOOL:
        return (text: string) => (text === 't' ? 1 : 0);
      case INT8:
        return (text: string) => narrow(BigInt(text));
      case NUMERIC:
      case FLOAT4:
        return Number;
      case JSON_TYPE:
        return (text: string) => text;
      default:
        return pg.types.getTypeParser(oid, format);
    }
  },
};

export function openPool(address: ServerAddress, { size, overflow, recycle_s }: PoolSettings): pg.Pool {
  const { options } = address;
  const pool = new pg.Pool({
    ...(address.user !== undefined && { user: address.user }),
    ...(address.password !== undefined && { password: address.password }),
    ...(address.database !== undefined && { database: address.database }),
    // The folder of a local socket stands in the options: postgresql:///mlflow?host=/var/run/postgresql.
    ...optional('host', address.host ?? options.host),
    ...optional('port', address.port ?? numberOf(options.port)),
    ...optional('options', options.options),
    ...optional('ssl', sslOf(options)),
    application_name: options.application_name ?? 'bitacora',
    connectionTimeoutMillis: (numberOf(options.connect_timeout) ?? 0) * 1000 || CONNECT_TIME_MS,
    max: size + overflow,
    maxLifetimeSeconds: recycle_s,
    keepAlive: true,
    types,
  });
  // A connection that breaks while nobody uses it is replaced by the pool; whoever uses one is told by their query.
  pool.on('error', () => undefined);
  return pool;
}

const optional = <K extends string, V>(key: K, value: V | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };

const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text));

/** The modes of libpq. `require` encrypts without asking whose certificate it is; the `verify-` modes ask. */
function sslOf(options: UriOptions): PoolConfig['ssl'] | undefined {
  const mode = options.sslmode;
  if (mode === undefined || mode === 'disable' || mode === 'allow' || mode === 'prefer') return undefined;
  const file = (name: string) => {
    const path = options[name];
    return path === undefined ? undefined : readFileSync(path, 'utf8');
  };
  const ca = file('sslrootcert');
  return {
    // A root certificate asks for verification also under `require`, as in libpq.
    rejectUnauthorized: mode !== 'require' || ca !== undefined,
    ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    ...optional('ca', ca),
    ...optional('cert', file('sslcert')),
    ...optional('key', file('sslkey')),
  };
}
