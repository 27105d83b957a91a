import { DatabaseUnavailable, ValueRefused } from '../handles.ts';

interface MysqlError extends Error {
  /** https://mariadb.com/kb/en/mariadb-error-code-reference/ */
  readonly errno: number;
  readonly code: string;
}

const isMysqlError = (error: unknown): error is MysqlError =>
  error instanceof Error && 'errno' in error && typeof error.errno === 'number';

const DUPLICATE_ENTRY = 1062;
const NO_REFERENCED_ROW = 1452;
const LOCK_WAIT_TIMEOUT = 1205;
const DEADLOCK = 1213;
const READ_ONLY = 1290;
const READ_ONLY_TRANSACTION = 1792;
const DISK_FULL = 1021;
const TABLE_FULL = 1114;
const TOO_MANY_CONNECTIONS = 1040;
const SERVER_SHUTDOWN = 1053;
const CONNECTION_KILLED = 1927;
const ACCESS_DENIED = 1045;
const NO_SUCH_DATABASE = 1049;
const QUERY_INTERRUPTED = 1317;
const REGULAR_EXPRESSION = 1139;
/** A proxy may take less than the server that it speaks to. */
const PACKET_TOO_LARGE = 1153;
/** Out of range, characters that the column cannot hold, too long, no JSON such as NaN (MySQL, MariaDB). */
const VALUE_ERRORS = new Set([1264, 1366, 1406, 3140, 4025]);

export const isUniqueViolation = (error: unknown) => isMysqlError(error) && error.errno === DUPLICATE_ENTRY;
export const isForeignKeyViolation = (error: unknown) =>
  isMysqlError(error) && error.errno === NO_REFERENCED_ROW;

const AWAY = new Set([
  TOO_MANY_CONNECTIONS,
  SERVER_SHUTDOWN,
  CONNECTION_KILLED,
  QUERY_INTERRUPTED,
  ACCESS_DENIED,
  NO_SUCH_DATABASE,
]);

/** What an error of the server or the network means for the operator; other errors pass unchanged. */
export function translate(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const errno = isMysqlError(error) ? error.errno : 0;
  switch (errno) {
    case DISK_FULL:
    case TABLE_FULL:
      return unavailable(
        'full',
        'The disk of MySQL is full. Free some space; nothing of this request was stored.',
        error,
      );
    case READ_ONLY:
    case READ_ONLY_TRANSACTION:
      return unavailable(
        'read-only',
        'MySQL takes no writes: the URI may name a replica. Name the primary.',
        error,
      );
    case LOCK_WAIT_TIMEOUT:
      return unavailable(
        'locked',
        'Another program holds rows that this needs, and has for long. Nothing of this request was stored; try again.',
        error,
      );
    case DEADLOCK:
      return unavailable(
        'conflict',
        'Other writes to the same rows came first, again and again. Nothing of this request was stored; try again.',
        error,
      );
  }
  // MySQL 8 tells what is wrong with an expression by numbers from 3685 to 3700.
  if (errno === REGULAR_EXPRESSION || (errno >= 3685 && errno <= 3700))
    return new ValueRefused(`MySQL cannot read the regular expression: ${error.message}`, { cause: error });
  if (VALUE_ERRORS.has(errno) || errno === PACKET_TOO_LARGE)
    return new ValueRefused(`MySQL cannot store a value: ${error.message}`, { cause: error });
  const isAway =
    AWAY.has(errno) ||
    // The driver's own errors have a negative number, or that of the system.
    errno < 0 ||
    /PROTOCOL_CONNECTION_LOST|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|closed state|Pool is closed|Queue limit/.test(
      `${'code' in error ? error.code : ''} ${error.message}`,
    );
  return isAway
    ? unavailable('connection', 'MySQL cannot be reached. Check that it runs; try again.', error)
    : error;
}

const unavailable = (reason: DatabaseUnavailable['reason'], message: string, cause: Error) =>
  new DatabaseUnavailable(reason, message, { cause });
