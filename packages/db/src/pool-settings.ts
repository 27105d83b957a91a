/** How many connections a server process may hold. The names and defaults are SQLAlchemy's, which MLflow's users set. */
export interface PoolSettings {
  /** Kept open; 0 for no limit. */
  readonly size: number;
  /** More than `size`, while they are needed; -1 for no limit. */
  readonly overflow: number;
  /** A connection older than this is replaced, in seconds; 0 or less never. */
  readonly recycle_s: number;
  /** How long a request waits for a connection, in milliseconds, before it is told to try again. */
  readonly wait_ms?: number;
}

export const POOL_DEFAULTS: PoolSettings = { size: 5, overflow: 10, recycle_s: 0 };

/** What no limit comes to: PostgreSQL and MySQL themselves allow 100 and 151 unless told otherwise. */
const NO_LIMIT = 90;

export const sizeOf = ({ size, overflow }: PoolSettings): number =>
  size === 0 || overflow < 0 ? NO_LIMIT : size + overflow;

/** The longest wait for a connection, in milliseconds, unless told otherwise. */
export const WAIT_TIME_MS = 20_000;

/** How long a statement waits for rows that another transaction holds, in milliseconds; as long as MLflow on SQLite. */
export const LOCK_TIME_MS = 20_000;
