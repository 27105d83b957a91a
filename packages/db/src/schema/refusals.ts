import { isSqliteError } from '../sqlite/errors.ts';
import { SchemaError } from './schema-error.ts';

/** What an error of SQLite or of the file system means to the operator; what is neither passes unchanged. */
export function explain(error: unknown, path: string): unknown {
  if (isSqliteError(error))
    return new SchemaError(fromSqlite(error.errcode, error.message, path), { cause: error });
  if (error instanceof Error && 'syscall' in error && 'code' in error)
    return new SchemaError(fromFileSystem(String(error.code), error.message, path), { cause: error });
  return error;
}

/** Primary result codes: https://sqlite.org/rescode.html */
const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const FULL = 13;
const NOTADB = 26;

function fromSqlite(errcode: number, message: string, path: string): string {
  switch (errcode & 0xff) {
    case NOTADB:
      return `${path} is not an SQLite database, or it is encrypted. It has not been changed. Name another file with --backend-store-uri.`;
    case CORRUPT:
      return `${path} is damaged or cut short (${message}). It has not been changed. Restore a backup.`;
    case FULL:
      return `The disk that holds ${path} is full. Free some space; the file is as it was.`;
    case BUSY:
    case LOCKED:
      return `${path} is held by another program. It has not been changed. Stop that program, or try again when it is done.`;
    default:
      return `${path} cannot be opened: ${message}. Check that the file and its folder can be read and written.`;
  }
}

function fromFileSystem(code: string, message: string, path: string): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `${path} cannot be opened: permission denied. The server must be allowed to read and write the file and its folder.`;
    case 'EROFS':
      return `${path} cannot be opened: it is on a disk that can only be read.`;
    case 'EEXIST':
    case 'ENOTDIR':
      return `${path} cannot be made: a part of its path is a file where a folder is needed.`;
    default:
      return `${path} cannot be opened: ${message}.`;
  }
}
