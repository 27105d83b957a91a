import { MlflowError } from '@bitacora/protocol';

/** Writes that wait beyond this are refused: each holds some megabytes, and exporters send again what was not taken. */
const MOST_WAITING = 16;

/** The longest rest, in milliseconds: a disk that stands still for a while is no reason to keep exporters waiting. */
const LONGEST_REST_MS = 1000;

/**
 * Writes that take long, one at a time. After each as much time passes as it took: SQLite writes for one at a time, and
 * others, whose writes are small, get at least half of the time.
 */
export class LongWrites {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** @throws MlflowError TEMPORARILY_UNAVAILABLE when too many wait. */
  async run<T>(write: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MOST_WAITING)
      throw new MlflowError(
        'TEMPORARILY_UNAVAILABLE',
        `${MOST_WAITING} large exports of spans are already waiting. Send this one again later, or fewer spans at a time.`,
      );
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    this.#waiting++;
    await before;
    this.#waiting--;
    const start = performance.now();
    try {
      return await write();
    } finally {
      setTimeout(resolve, Math.min(performance.now() - start, LONGEST_REST_MS)).unref();
    }
  }
}
