import { DatabaseUnavailable } from '../handles.ts';

interface SqliteError extends Error {
  readonly code: 'ERR_SQLITE_ERROR';
  /** SQLite's extended result code; the low byte is the primary one. https://sqlite.org/rescode.html */
  readonly errcode: number;
}

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}

const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const FULL = 13;
const CANTOPEN = 14;
const CONSTRAINT_FOREIGNKEY = 787;
const CONSTRAINT_PRIMARYKEY = 1555;
const CONSTRAINT_TRIGGER = 1811;
const CONSTRAINT_UNIQUE = 2067;

export const isBusy = (error: unknown) =>
  isSqliteError(error) && [BUSY, LOCKED].includes(error.errcode & 0xff);

export const isUniqueViolation = (error: unknown) =>
  isSqliteError(error) && (error.errcode === CONSTRAINT_PRIMARYKEY || error.errcode === CONSTRAINT_UNIQUE);

/** What a trigger of ours said as it refused a row. */
export const triggerMessage = (error: unknown): string | undefined =>
  isSqliteError(error) && error.errcode === CONSTRAINT_TRIGGER ? error.message : undefined;

export const isForeignKeyViolation = (error: unknown) =>
  isSqliteError(error) && error.errcode === CONSTRAINT_FOREIGNKEY;

/** What an error of the file or disk means for the operator; other errors pass unchanged. */
export function translate(error: unknown, path: string): unknown {
  if (!isSqliteError(error)) return error;
  switch (error.errcode & 0xff) {
    case FULL:
      return new DatabaseUnavailable(
        'full',
        `The disk that holds the database ${path} is full. Free some space; nothing of this request was stored.`,
        { cause: error },
      );
    case BUSY:
    case LOCKED:
      return new DatabaseUnavailable(
        'locked',
        `The database ${path} is locked by another process. Nothing of this request was stored; try again.`,
        { cause: error },
      );
    case READONLY:
      return new DatabaseUnavailable(
        'read-only',
        `The database ${path} is read-only. Make the file and its folder writable for the server; nothing of this request was stored.`,
        { cause: error },
      );
    case IOERR:
    case CANTOPEN:
      return new DatabaseUnavailable(
        'io',
        `The database ${path} could not be read or written (${error.message}). Check its disk; nothing of this request was stored.`,
        { cause: error },
      );
    default:
      return error;
  }
}
