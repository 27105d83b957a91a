import { Readable } from 'node:stream';

/** So long a store may be silent while something is waited for. */
const MOST_SILENCE_MS = 60_000;

/** MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT is in seconds; what is not above 0 sets no limit in MLflow, and ours here. */
export function silenceAllowed(environment: Readonly<Record<string, string | undefined>>): number {
  const seconds = Number(environment.MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT ?? '');
  return seconds > 0 ? Math.min(seconds, 86_400) * 1000 : MOST_SILENCE_MS;
}

/**
 * A download from a store, which breaks off when the store is silent for too long. A reader may take all the time that
 * it wants: a timeout of the socket would count that too.
 *
 * @param translate makes the error for the reader, of one from the source, or of its silence.
 */
export function withoutStalls(
  source: Readable,
  silence_ms: number,
  translate: (error: Error) => Error,
): Readable {
  async function* passOn() {
    const chunks = source[Symbol.asyncIterator]();
    let isWaited = true;
    const timer = setTimeout(() => {
      if (isWaited) source.destroy(silent(silence_ms));
    }, silence_ms);
    try {
      for (;;) {
        isWaited = true;
        timer.refresh();
        const { done, value } = await chunks.next();
        isWaited = false;
        if (done) return;
        yield value;
      }
    } catch (error) {
      throw translate(error instanceof Error ? error : new Error(String(error)));
    } finally {
      clearTimeout(timer);
      source.destroy();
    }
  }
  const passed = Readable.from(passOn(), { objectMode: false });
  // A reader that gives up while the source is waited for ends the waiting.
  passed.once('close', () => source.destroy());
  return passed;
}

const silent = (silence_ms: number) =>
  Object.assign(new Error(`Nothing came for ${silence_ms} ms.`), { code: 'ETIMEDOUT' });
