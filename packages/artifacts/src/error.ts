export type ArtifactErrorKind =
  | 'invalid_path'
  | 'invalid_uri'
  | 'not_found'
  | 'is_directory'
  | 'conflict'
  | 'no_space'
  | 'read_only'
  | 'incomplete'
  | 'invalid_parts'
  /** The store does not take the server's credentials. */
  | 'denied'
  /** The bucket, container or folder that holds all of it is gone. */
  | 'no_store'
  /** The store cannot be reached or asks to try again later. */
  | 'unavailable'
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

/** Text as it may stand in a message: none that moves the cursor of whoever reads it. */
export const show = (text: string): string =>
  (text.length > 200 ? `${text.slice(0, 200)}…` : text)
    .toWellFormed()
    .replace(/\p{Cc}/gu, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);

export const notFound = (path: string) =>
  new ArtifactError('not_found', `No such artifact: '${show(path)}'.`);

export const isDirectory = (path: string) =>
  new ArtifactError(
    'is_directory',
    `'${show(path)}' is a folder, not a file. List it, or name a file in it.`,
  );

/** @throws ArtifactError invalid_path for the root of a store, where a file is to be. */
export function requireFileName(path: string): void {
  if (path === '') throw new ArtifactError('invalid_path', 'The path names no file.');
}

/** A client that is told so sends it again, which makes the folder again. */
export const folderDeleted = (path: string, cause: unknown) =>
  new ArtifactError(
    'unavailable',
    `The artifact '${show(path)}' was not stored: its folder was deleted while it was sent. Send it again.`,
    { cause },
  );

export const becameShorter = () =>
  new ArtifactError('unavailable', 'The file became shorter while it was read. Read it again.');
