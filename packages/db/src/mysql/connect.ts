import type { ReaderDb, Store } from '../handles.ts';
import type { PoolSettings } from '../pool-settings.ts';
import { once } from '../retry.ts';
import type { ServerStore } from '../uri.ts';
import { openPool } from './pool.ts';
import { MysqlReader } from './session.ts';
import type { MysqlTls } from './ssl.ts';
import { MysqlStore } from './store.ts';

export const connect = (store: ServerStore, pool: PoolSettings, tls: MysqlTls): Store =>
  new MysqlStore(store, pool, tls);

/** For long reads. */
export const connectReader = (store: ServerStore, pool: PoolSettings, tls: MysqlTls): ReaderDb =>
  new MysqlReader(openPool(store, pool, tls));

/** Reads that are not tried again: the primary answers in the replica's place. */
export const connectReplica = (replica: ServerStore, pool: PoolSettings, tls: MysqlTls): ReaderDb =>
  new MysqlReader(openPool(replica, pool, tls), once);
