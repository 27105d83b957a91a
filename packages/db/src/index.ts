export * from './handles.ts';
export { type Opened, openDatabaseFile, SchemaError } from './schema/open.ts';
export * from './sql.ts';
export { isUniqueViolation } from './sqlite/errors.ts';
export { openReader, SqliteStore } from './sqlite/store.ts';
export * from './uri.ts';
