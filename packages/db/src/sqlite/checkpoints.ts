import { Worker } from 'node:worker_threads';

/** Work between two checkpoints: the log then holds some megabytes, whose pages are each copied once. */
const WORK_PER_CHECKPOINT = 400;

/** The least time between two checkpoints, in milliseconds. */
const LEAST_INTERVAL_MS = 500;

/**
 * Copies the write-ahead log into the database on a thread of its own. Left to SQLite, a commit does it every 1,000
 * pages, and all requests stand still meanwhile. The thread starts with the first load; a quiet server has none.
 */
export class Checkpoints {
  readonly #path: string;
  #worker: Worker | undefined;
  #isRunning = false;
  #pending = 0;
  #last = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Tells that so many pieces of work have been committed. */
  committed(count: number): void {
    this.#pending += count;
    const now = performance.now();
    if (this.#isRunning || this.#pending < WORK_PER_CHECKPOINT || now - this.#last < LEAST_INTERVAL_MS)
      return;
    this.#pending = 0;
    this.#last = now;
    this.#isRunning = true;
    this.#worker ??= this.#start();
    this.#worker.postMessage('checkpoint');
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), { workerData: this.#path });
    worker.on('message', () => {
      this.#isRunning = false;
    });
    // Without the thread the writer's own checkpoints take over, at its larger threshold.
    worker.on('error', () => {
      this.#worker = undefined;
    });
    worker.unref();
    return worker;
  }
}
