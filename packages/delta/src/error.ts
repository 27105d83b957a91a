export type DeltaErrorKind =
  /** A file that the table or its log names is not there. */
  | 'file_missing'
  /** The folder holds no Delta log. */
  | 'no_table'
  /** The version or time asked for is older or newer than what the log still holds. */
  | 'version_unavailable'
  /** The log or a file breaks the protocol. */
  | 'corrupt'
  /** The table needs a feature, type or encoding that is not read here. */
  | 'unsupported'
  /** A path leads out of the table's folder. */
  | 'outside'
  /** Reading it would need more memory than a reader may take. */
  | 'too_large'
  /** What the caller asked for makes no sense. */
  | 'invalid_request';

/** What a table, or a request for one, is refused for; the message is meant for the caller. */
export class DeltaError extends Error {
  override readonly name = 'DeltaError';
  readonly kind: DeltaErrorKind;

  constructor(kind: DeltaErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Text as it may stand in a message. */
export const show = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not reach a log or a terminal.
  (text.length > 200 ? `${text.slice(0, 200)}…` : text).replace(/[\u0000-\u001f\u007f]/g, '�').toWellFormed();

export const corrupt = (file: string, reason: string, options?: ErrorOptions): DeltaError =>
  new DeltaError('corrupt', `'${show(file)}' is corrupt: ${reason}.`, options);

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** For decoding what a file holds: whatever it trips over is the file's fault. */
export function orCorrupt<Result>(file: string, decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    throw error instanceof DeltaError ? error : corrupt(file, show(reasonOf(error)), { cause: error });
  }
}
