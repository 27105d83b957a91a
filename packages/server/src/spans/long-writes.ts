/** The longest rest, in milliseconds: a disk that stands still for a while is no reason to keep exporters waiting. */
const LONGEST_REST_MS = 1000;

/**
 * Writes that take long, one at a time. After each as much time passes as it took: SQLite writes for one at a time, and
 * others, whose writes are small, get at least half of the time.
 */
export class LongWrites {
  #last: Promise<void> = Promise.resolve();

  async run<T>(write: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    const start = performance.now();
    try {
      return await write();
    } finally {
      setTimeout(resolve, Math.min(performance.now() - start, LONGEST_REST_MS)).unref();
    }
  }
}
