/** Every error code this server answers, with its HTTP status. Source: MLflow 3.17's table; "already exists" is 400 there, not 409. */
export const STATUS = {
  BAD_REQUEST: 400,
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  REQUEST_LIMIT_EXCEEDED: 429,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL_ERROR: 500,
  FEATURE_DISABLED: 500,
  // MLflow answers 500 here, which its clients retry for minutes; Databricks answers 400, as do we.
  INVALID_STATE: 400,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof STATUS;

/**
 * The SQLSTATE and error class that MLflow 3.17 adds beside some codes. Clients read them when present and derive
 * them otherwise; a code that is not listed carries neither.
 */
const SQLSTATE: Partial<Record<ErrorCode, readonly [sqlstate: string, error_class: string]>> = {
  INVALID_PARAMETER_VALUE: ['KAM00', 'INVALID_PARAMETER_VALUE'],
  BAD_REQUEST: ['KAM00', 'INVALID_PARAMETER_VALUE'],
  RESOURCE_DOES_NOT_EXIST: ['KAM00', 'RESOURCE_NOT_FOUND'],
  ENDPOINT_NOT_FOUND: ['KAM00', 'RESOURCE_NOT_FOUND'],
  RESOURCE_ALREADY_EXISTS: ['KAM00', 'RESOURCE_ALREADY_EXISTS'],
  PERMISSION_DENIED: ['KAM00', 'PERMISSION_DENIED'],
  INTERNAL_ERROR: ['XXM00', 'CLIENT_INTERNAL_ERROR'],
  INVALID_STATE: ['XXM00', 'CLIENT_INTERNAL_ERROR'],
  TEMPORARILY_UNAVAILABLE: ['XXM00', 'CLIENT_INTERNAL_ERROR'],
};

/** The body of every error answer, as MLflow's clients read it. */
export interface ErrorBody {
  readonly error_code: ErrorCode;
  readonly message: string;
  readonly sqlstate?: string;
  readonly error_class?: string;
}

/** An answer that the caller is meant to read: code, status and message are contract. */
export class MlflowError extends Error {
  override readonly name = 'MlflowError';
  readonly errorCode: ErrorCode;

  constructor(errorCode: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.errorCode = errorCode;
  }

  get status(): number {
    return STATUS[this.errorCode];
  }

  toBody(): ErrorBody {
    const body = { error_code: this.errorCode, message: this.message };
    const state = SQLSTATE[this.errorCode];
    return state ? { ...body, sqlstate: state[0], error_class: state[1] } : body;
  }
}

export const invalidParameter = (message: string, options?: ErrorOptions) =>
  new MlflowError('INVALID_PARAMETER_VALUE', message, options);

/** `No Experiment with id=7 exists.`: what was asked for, and with which key. */
export const notFound = (thing: string, key: string, by = 'id') =>
  new MlflowError('RESOURCE_DOES_NOT_EXIST', `No ${thing} with ${by}=${preview(key)} exists.`);

/** A value as it may stand in a message: quoted by the caller, cut so that a hostile one cannot flood a log. */
export function preview(value: unknown): string {
  const text = typeof value === 'string' ? value : (safeJson(value) ?? String(value));
  return text.length > 200
    ? `${text.slice(0, 200).toWellFormed()}… (${text.length} characters)`
    : text.toWellFormed();
}

function safeJson(value: unknown): string | undefined {
  if (typeof value === 'bigint') return String(value);
  try {
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner));
  } catch {
    return undefined; // Nested too deeply to print: the type name has to do.
  }
}
