import type { ArtifactPath } from '../artifact-path.ts';
import { ArtifactError, notFound, show } from '../error.ts';

/** Status codes of the protocol (draft-ietf-secsh-filexfer-02, section 7). */
export const STATUS = {
  EOF: 1,
  NO_SUCH_FILE: 2,
  PERMISSION_DENIED: 3,
  FAILURE: 4,
  BAD_MESSAGE: 5,
  OP_UNSUPPORTED: 8,
} as const;

export const isStatus = (error: unknown, ...codes: readonly number[]): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' && codes.includes(error.code);

export const conflict = (path: ArtifactPath, reason: string) =>
  new ArtifactError('conflict', `The artifact '${show(path)}' cannot be stored: ${reason}.`);

/** What the server answers about a path, in our words. */
export function translate(error: unknown, path: ArtifactPath, server: string): unknown {
  if (isStatus(error, STATUS.NO_SUCH_FILE)) return notFound(path);
  if (isStatus(error, STATUS.PERMISSION_DENIED)) {
    return new ArtifactError(
      'read_only',
      `The artifact store sftp://${server} does not let its user touch '${show(path)}'. Check the permissions of its folder there.`,
      { cause: error },
    );
  }
  // OpenSSH answers so to names that its file system does not take.
  if (isStatus(error, STATUS.BAD_MESSAGE)) {
    return new ArtifactError(
      'invalid_path',
      `Invalid path '${show(path)}': the artifact store sftp://${server} does not take that name. It may be too long.`,
      { cause: error },
    );
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'number') {
    return new ArtifactError(
      'unavailable',
      `The artifact store sftp://${server} failed at '${show(path)}' and does not say why. See its log.`,
      { cause: error },
    );
  }
  return error;
}
