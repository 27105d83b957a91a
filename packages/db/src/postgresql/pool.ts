import pg, { type ClientBase, type PoolClient, type PoolConfig } from 'pg';
import { LOCK_TIME_MS, type PoolSettings, sizeOf, WAIT_TIME_MS } from '../pool-settings.ts';
import type { ServerAddress } from '../uri.ts';
import { Client } from './client.ts';
import { sslOf } from './ssl.ts';

export function openPool(address: ServerAddress, settings: PoolSettings): pg.Pool {
  const { options } = address;
  // The folder of a local socket stands in the options: postgresql:///mlflow?host=/var/run/postgresql.
  const host = address.host ?? options.host;
  const { ssl, isPreferred } = sslOf(options, host);
  const pool = new Pool(
    {
      ...optional('user', address.user ?? options.user),
      ...optional('password', address.password ?? options.password),
      ...optional('database', address.database ?? options.dbname),
      ...optional('host', host),
      ...optional('port', address.port ?? numberOf(options.port)),
      ...optional('options', options.options),
      ssl,
      enableChannelBinding: options.channel_binding !== undefined && options.channel_binding !== 'disable',
      application_name: options.application_name ?? 'bitacora',
      connectionTimeoutMillis:
        settings.wait_ms ?? ((numberOf(options.connect_timeout) ?? 0) * 1000 || WAIT_TIME_MS),
      max: sizeOf(settings),
      maxLifetimeSeconds: settings.recycle_s,
      // What is asked for together on one connection is sent together.
      pipeline: true,
      keepAlive: true,
      // A server that is gone without a word is noticed after some probes, not after the system's two hours.
      keepAliveInitialDelayMillis: 10_000,
      onConnect: prepare,
      Client,
    },
    isPreferred,
  );
  // A connection that breaks while nobody uses it is replaced by the pool; whoever uses one is told by their query.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

/**
 * Unless the URI or the server has a limit of its own, nobody waits for ever for rows that another program holds. And unless
 * they say how long values are compressed, it is done with LZ4 where the server has it: with `pglz`, its default, it spends
 * a tenth of its time for traces on the texts of spans.
 */
async function prepare(client: ClientBase): Promise<void> {
  await client.query(
    `SELECT set_config(name, CASE name WHEN 'lock_timeout' THEN '${LOCK_TIME_MS}' ELSE 'lz4' END, false)
     FROM pg_settings WHERE (name = 'lock_timeout' AND setting = '0')
       OR (name = 'default_toast_compression' AND source = 'default' AND 'lz4' = ANY(enumvals))`,
  );
}

type ConnectCallback = (error: Error | undefined, client: PoolClient | undefined, done: () => void) => void;

const NO_SSL = 'The server does not support SSL connections';

/** libpq's mode `prefer`: encrypted where the server can, else plain. The driver only knows the one or the other. */
class Pool extends pg.Pool {
  #isPreferred: boolean;

  constructor(config: PoolConfig, isPreferred: boolean) {
    super(config);
    this.#isPreferred = isPreferred;
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<PoolClient> | void {
    const connected = super.connect().catch((error: unknown) => {
      if (!this.#isPreferred || !(error instanceof Error && error.message === NO_SSL)) throw error;
      this.options.ssl = false;
      return super.connect();
    });
    if (callback === undefined) return connected;
    connected.then(
      (client) => callback(undefined, client, client.release),
      (error) => callback(error, undefined, () => undefined),
    );
  }
}

const optional = <K extends string, V>(key: K, value: V | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };

const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text));
