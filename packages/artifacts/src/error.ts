export type ArtifactErrorKind =
  | 'invalid_path'
  | 'invalid_uri'
  | 'not_found'
  | 'is_directory'
  | 'conflict'
  | 'no_space'
  | 'read_only'
  | 'incomplete'
  | 'unsupported';

/** What a store refuses; the message is meant for the caller and never holds a path of this machine. */
export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
  readonly kind: ArtifactErrorKind;

  constructor(kind: ArtifactErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Text as it may stand in a message. */
export const show = (text: string): string =>
  (text.length > 200 ? `${text.slice(0, 200)}…` : text).toWellFormed();
