/** How many connections a server process may hold. The names and defaults are SQLAlchemy's, which MLflow's users set. */
export interface PoolSettings {
  readonly size: number;
  /** More than `size`, while they are needed. */
  readonly overflow: number;
  /** A connection older than this is replaced, in seconds; 0 never. */
  readonly recycle_s: number;
}

export const POOL_DEFAULTS: PoolSettings = { size: 5, overflow: 10, recycle_s: 0 };
