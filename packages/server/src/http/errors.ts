import { ArtifactError } from '@bitacora/artifacts';
import { DatabaseUnavailable, NotKept, ValueRefused } from '@bitacora/db';
import { DeltaError } from '@bitacora/delta';
import { type ErrorCode, MlflowError } from '@bitacora/protocol';
import { SearchSyntaxError } from '@bitacora/search';
import { artifactErrorCode } from '../artifacts/errors.ts';
import { deltaErrorCode } from '../delta-tables/errors.ts';
import { OtlpRefusal } from '../otlp/export-request.ts';

export interface Answer {
  readonly status: number;
  readonly body: { readonly error_code: string; readonly message: string } | { readonly detail: string };
  /** Set when nobody foresaw this: it must be logged whole. */
  readonly defect?: unknown;
  /** What the operator is to know of it; the caller is told less. */
  readonly warning?: string;
}

/**
 * The one place where what was thrown becomes an answer. What is not meant for the caller is a defect: answered
 * without detail, since its text may hold paths or data.
 */
export function toAnswer(error: unknown): Answer {
  if (error instanceof MlflowError) return { status: error.status, body: error.toBody() };
  // MLflow answers these by another framework than all else, in its form.
  if (error instanceof OtlpRefusal) return { status: 400, body: { detail: error.message } };
  if (error instanceof SearchSyntaxError) return answer('INVALID_PARAMETER_VALUE', error.message);
  if (error instanceof ArtifactError) {
    return answer(artifactErrorCode(error.kind), error.message);
  }
  if (error instanceof DeltaError) return answer(deltaErrorCode(error.kind), error.message);
  if (error instanceof NotKept) return answer('NOT_IMPLEMENTED', error.message);
  if (error instanceof ValueRefused) return answer('INVALID_PARAMETER_VALUE', error.message);
  if (error instanceof DatabaseUnavailable) {
    if (error.reason === 'read-only') return answer('PERMISSION_DENIED', error.message);
    const cause = error.cause instanceof Error ? error.cause.message : error.message;
    return { ...answer('TEMPORARILY_UNAVAILABLE', error.message), warning: `${error.reason}: ${cause}` };
  }
  const framework = toFrameworkAnswer(error);
  if (framework) return framework;
  return {
    ...answer('INTERNAL_ERROR', 'The server met an unexpected error; its log has the details.'),
    defect: error,
  };
}

function answer(code: ErrorCode, message: string): Answer {
  const error = new MlflowError(code, message);
  return { status: error.status, body: error.toBody() };
}

/** Fastify's own refusals: a body over the limit, a malformed URL. Their status is kept, their text is made ours. */
function toFrameworkAnswer(error: unknown): Answer | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || !('code' in error)) return undefined;
  const { statusCode } = error;
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 500) return undefined;
  if (statusCode === 413) {
    const refusal = answer(
      'BAD_REQUEST',
      'The request body is larger than this call accepts. Send less in one request.',
    );
    return { ...refusal, status: 413 };
  }
  return { ...answer('BAD_REQUEST', error.message), status: statusCode };
}
