import type { ArtifactError } from '@bitacora/artifacts';
import type { ErrorCode } from '@bitacora/protocol';

/** MLflow's code for what a store refuses. */
export function artifactErrorCode(kind: ArtifactError['kind']): ErrorCode {
  switch (kind) {
    case 'not_found':
      return 'RESOURCE_DOES_NOT_EXIST';
    case 'unsupported':
      return 'NOT_IMPLEMENTED';
    case 'no_space':
    case 'unavailable':
      return 'TEMPORARILY_UNAVAILABLE';
    case 'no_store':
      return 'RESOURCE_DOES_NOT_EXIST';
    case 'denied':
    case 'read_only':
      return 'PERMISSION_DENIED';
    default:
      return 'INVALID_PARAMETER_VALUE';
  }
}
