export * from './handles.ts';
export type { Insert, Replace } from './insert.ts';
export { type Opened, type OpenOptions, openDatabaseFile, SchemaError } from './schema/open.ts';
export * from './sql.ts';
export { isUniqueViolation } from './sqlite/errors.ts';
export { openReader, SqliteStore } from './sqlite/store.ts';
export type * from './tables.ts';
export * from './uri.ts';
