import { invalidParameter, type MlflowError, preview } from '@bitacora/protocol';

/** What is wrong with a file, in an answer that names it. Text of the file itself is cut. */
export const unreadable = (path: string, reason: string, cause?: unknown): MlflowError =>
  invalidParameter(`'${preview(path)}' cannot be shown: ${preview(reason)}.`, { cause });

/** For decoding what a file holds: whatever it trips over is the file's fault. */
export function orUnreadable<Result>(path: string, expected: string, decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Error && error.name === 'MlflowError') throw error;
    throw unreadable(path, `it is no valid ${expected} (${reasonOf(error)})`, error);
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not reach a log or a terminal.
const CONTROLS = /[\u0000-\u001f\u007f]/g;

export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 200).replace(CONTROLS, '\ufffd');
