import * as mysql from './mysql/errors.ts';
import * as postgresql from './postgresql/errors.ts';
import * as sqlite from './sqlite/errors.ts';

/** The row is refused because its key exists. */
export const isUniqueViolation = (error: unknown) =>
  sqlite.isUniqueViolation(error) || postgresql.isUniqueViolation(error) || mysql.isUniqueViolation(error);

/** The row is refused because what it points at does not exist. */
export const isForeignKeyViolation = (error: unknown) =>
  sqlite.isForeignKeyViolation(error) ||
  postgresql.isForeignKeyViolation(error) ||
  mysql.isForeignKeyViolation(error);
