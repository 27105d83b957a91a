/** A setting that makes no sense; the message is one clear line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
