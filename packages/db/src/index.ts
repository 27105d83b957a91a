export * from './assessment-value.ts';
export { isForeignKeyViolation, isUniqueViolation } from './errors.ts';
export type { FolderOptions } from './file-store/store.ts';
export type { Problem } from './file-store/units.ts';
export * from './handles.ts';
export type { Insert, Replace } from './insert.ts';
export { lookup } from './lookup.ts';
export type { MysqlTls } from './mysql/ssl.ts';
export * from './open-store.ts';
export { type PythonJson, parsePythonJson } from './parse-python-json.ts';
export * from './pool-settings.ts';
export { floatText, PythonFloat, toPythonJson } from './python-json.ts';
export { regularExpression } from './regular-expression.ts';
export {
  INDEXED_METADATA_KEYS,
  INDEXED_TAG_KEYS,
  NAME_PREFIX,
  PREFIX_CHARACTERS,
  VALUE_PREFIX,
} from './schema/indexes.ts';
export { type Opened, type OpenOptions, openDatabaseFile, SchemaError } from './schema/open.ts';
export { FRESH, SCHEMA_RELEASES } from './schema/revisions.ts';
export { type Schema, schemaOf } from './schema/schema-of.ts';
export * from './sql.ts';
export { SqliteStore } from './sqlite/store.ts';
export type * from './tables/index.ts';
export { compiledEnvironment, endThread, startThread, untilEnd } from './threads.ts';
export * from './trace-columns.ts';
export * from './uri.ts';
