import type { Db, Store } from '../handles.ts';
import type { PoolSettings } from '../pool-settings.ts';
import { once } from '../retry.ts';
import type { ServerStore } from '../uri.ts';
import { openPool } from './pool.ts';
import { PostgresqlReader } from './session.ts';
import { PostgresqlStore } from './store.ts';

export const connect = (store: ServerStore, pool: PoolSettings): Store => new PostgresqlStore(store, pool);

/** Reads that are not tried again: the primary answers in the replica's place. */
export const connectReplica = (replica: ServerStore, pool: PoolSettings): Db =>
  new PostgresqlReader(openPool(replica, pool), once);
