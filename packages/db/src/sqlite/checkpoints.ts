import { Worker } from 'node:worker_threads';

/** Pages of the log that are worth a checkpoint: of 16 MB, those that were written often are copied once. */
const WORTH_PAGES = 4000;

/** The least time between two, in milliseconds: while somebody reads what was before, there may be nothing to copy. */
const LEAST_INTERVAL_MS = 250;

/**
 * Copies the write-ahead log into the database on a thread of its own. Left to SQLite, a commit does it every 1,000
 * pages, and all requests stand still meanwhile. The thread starts with the first load; a quiet server has none.
 */
export class Checkpoints {
  readonly #path: string;
  #worker: Worker | undefined;
  #isRunning = false;
  #last = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Tells how many pages of the log the database does not have yet. */
  committed(pages: number): void {
    const now = performance.now();
    if (this.#isRunning || pages < WORTH_PAGES || now - this.#last < LEAST_INTERVAL_MS) return;
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
