import type { DeltaErrorKind } from '@bitacora/delta';
import type { ErrorCode } from '@bitacora/protocol';

/** MLflow's code for what a table, or a request for one, is refused for. */
export function deltaErrorCode(kind: DeltaErrorKind): ErrorCode {
  switch (kind) {
    case 'file_missing':
    case 'no_table':
    case 'version_unavailable':
      return 'RESOURCE_DOES_NOT_EXIST';
    case 'corrupt':
      return 'INVALID_STATE';
    case 'unsupported':
    case 'too_large':
      return 'NOT_IMPLEMENTED';
    case 'outside':
      return 'PERMISSION_DENIED';
    case 'invalid_request':
      return 'INVALID_PARAMETER_VALUE';
  }
}
