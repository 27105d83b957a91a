import type { ReaderDb, Store } from '../handles.ts';
import type { PoolSettings } from '../pool-settings.ts';
import { once } from '../retry.ts';
import type { ServerStore } from '../uri.ts';
import { openPool } from './pool.ts';
import { PostgresqlReader } from './reader.ts';
import { Statements } from './statements.ts';
import { PostgresqlStore } from './store.ts';

export const connect = (store: ServerStore, pool: PoolSettings): Store => new PostgresqlStore(store, pool);

/** Questions of one read that are asked at once, such as all about a page of traces or runs: one way for all of them. */
const TOGETHER = 8;

/** For long reads, which are planned for the values that they are asked with, but for what is looked up by its keys. */
export const connectReader = (store: ServerStore, pool: PoolSettings): ReaderDb =>
  new PostgresqlReader(openPool(store, pool), new Statements({ named: 'lookups' }), { together: TOGETHER });

/** Reads that are not tried again: the primary answers in the replica's place. */
export const connectReplica = (replica: ServerStore, pool: PoolSettings): ReaderDb =>
  new PostgresqlReader(openPool(replica, pool), new Statements({ named: 'lookups' }), {
    attempts: once,
    together: TOGETHER,
  });
