import { DatabaseUnavailable, ValueRefused } from '../handles.ts';

interface PostgresqlError extends Error {
  /** Five characters. https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly code: string;
  readonly severity: string;
}

export const isPostgresqlError = (error: unknown): error is PostgresqlError =>
  error instanceof Error && 'code' in error && 'severity' in error && typeof error.code === 'string';

export const isUniqueViolation = (error: unknown) => isPostgresqlError(error) && error.code === '23505';
export const isForeignKeyViolation = (error: unknown) => isPostgresqlError(error) && error.code === '23503';

/** An earlier statement of the transaction failed; the error says no more than that. */
export const isInFailedTransaction = (error: unknown) => isPostgresqlError(error) && error.code === '25P02';

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const LOCK_NOT_AVAILABLE = '55P03';

/** What node-postgres says where the connection, not the statement, is at fault; these errors have no code. */
const CONNECTION_LOST =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|client is not queryable|read ECONN|connect E/i;
const SYSTEM_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  'ENOENT',
]);

/** What an error of the server or the network means for the operator; other errors pass unchanged. */
export function translate(error: unknown): unknown {
  if (isPostgresqlError(error)) return translateServerError(error);
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (!SYSTEM_ERRORS.has(code) && !CONNECTION_LOST.test(error.message)) return error;
  return unavailable('connection', 'PostgreSQL cannot be reached. Check that it runs; try again.', error);
}

function translateServerError(error: PostgresqlError): unknown {
  const { code } = error;
  // 22001 too long, 22003 out of range, 22021 a character (such as NUL) that PostgreSQL's text cannot hold, 22P02 no
  // JSON, such as NaN.
  if (code === '22001' || code === '22003' || code === '22021' || code === '22P02')
    return new ValueRefused(`PostgreSQL cannot store a value: ${error.message}`, { cause: error });
  // 2201B a regular expression, 22025 a pattern of LIKE that ends in a backslash.
  if (code === '2201B' || code === '22025')
    return new ValueRefused(`PostgreSQL cannot read the pattern: ${error.message}`, { cause: error });
  // 08 connection exceptions, 57P admin shutdown and crash, 53300 too many connections, 28 a password that is no longer
  // right, 3D000 a database that is gone.
  if (/^(08|57P|28|53300|3D000)/.test(code))
    return unavailable('connection', `PostgreSQL is not available (${error.message}). Try again.`, error);
  if (code === '53100')
    return unavailable(
      'full',
      'The disk of PostgreSQL is full. Free some space; nothing of this request was stored.',
      error,
    );
  if (code === '25006')
    return unavailable(
      'read-only',
      'PostgreSQL takes no writes (read-only transaction): the URI may name a replica. Name the primary.',
      error,
    );
  if (code === LOCK_NOT_AVAILABLE)
    return unavailable(
      'locked',
      'Another program holds rows that this needs, and has for long. Nothing of this request was stored; try again.',
      error,
    );
  if (code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED)
    return unavailable(
      'conflict',
      'Other writes to the same rows came first, again and again. Nothing of this request was stored; try again.',
      error,
    );
  return error;
}

const unavailable = (reason: DatabaseUnavailable['reason'], message: string, cause: Error) =>
  new DatabaseUnavailable(reason, message, { cause });
