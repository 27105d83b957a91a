/**
 * The rows of MLflow's tracking tables: its names, its order of columns, and null only where the table allows it.
 * `tables.test.ts` holds them against the schema. Booleans are SQLite's 0 and 1.
 */

export type * from './delta.ts';
export type * from './evaluation.ts';
export type * from './experiments.ts';
export type * from './jobs.ts';
export type * from './logged-models.ts';
export type * from './registry.ts';
export type * from './reviewing.ts';
export type * from './runs.ts';
export type * from './traces.ts';
export type * from './webhooks.ts';
export type * from './workspaces.ts';
