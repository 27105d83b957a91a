import type { Worker } from 'node:worker_threads';
import { endThread, startThread } from '../threads.ts';

/** How many pages the log has, and how many of them the database has too. */
export interface LogPages {
  readonly log: number;
  readonly checkpointed: number;
}

/** Pages of the log that are worth a checkpoint: of 16 MB, those that were written often are copied once. */
const WORTH_PAGES = 4000;

/** A log of so many pages, 40 MB, is to begin anew. */
const LONG_PAGES = 10_000;

/** The least time between two, in milliseconds: while somebody reads what was before, there may be nothing to copy. */
const LEAST_INTERVAL_MS = 250;

/**
 * Copies the write-ahead log into the database on a thread of its own. Left to SQLite, a commit does it every 1,000
 * pages, and all requests stand still meanwhile. The thread starts with the first load; a quiet server has none.
 *
 * The log begins anew once the database has all of it, which under load without a pause never comes by itself: then
 * writes are made to wait while the thread copies the little that came during its last round. Everything else goes on.
 */
export class Checkpoints {
  readonly #path: string;
  readonly #pauseWrites: (work: () => Promise<unknown>) => Promise<unknown>;
  #worker: Worker | undefined;
  #answer: (state: LogPages | undefined) => void = () => undefined;
  #isRunning = false;
  #isClosing = false;
  #last = 0;

  constructor(path: string, pauseWrites: (work: () => Promise<unknown>) => Promise<unknown>) {
    this.#path = path;
    this.#pauseWrites = pauseWrites;
  }

  /** Tells of the log after a commit. */
  committed({ log, checkpointed }: LogPages): void {
    if (log < LONG_PAGES && log - checkpointed < WORTH_PAGES) return;
    const now = performance.now();
    if (this.#isRunning || this.#isClosing || now - this.#last < LEAST_INTERVAL_MS) return;
    this.#last = now;
    this.#isRunning = true;
    void this.#run().finally(() => {
      this.#isRunning = false;
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#worker) await endThread(this.#worker);
  }

  async #run(): Promise<void> {
    const done = await this.#copy();
    // Where a reader holds on to what was before, waiting would not help.
    if (done && done.log >= LONG_PAGES && done.checkpointed === done.log)
      await this.#pauseWrites(() => this.#copy());
  }

  /** One round. Undefined where there is no thread to do it. */
  #copy(): Promise<LogPages | undefined> {
    return new Promise((resolve) => {
      if (this.#isClosing) return resolve(undefined);
      const worker = this.#worker ?? this.#start();
      this.#worker = worker;
      this.#answer = (state) => {
        worker.unref();
        resolve(state);
      };
      // Writes may wait for it, and nothing but them be left to do.
      worker.ref();
      worker.postMessage('checkpoint');
    });
  }

  #start(): Worker {
    const worker = startThread(new URL('./checkpoint-thread.ts', import.meta.url), {
      workerData: this.#path,
    });
    worker.on('message', (state: LogPages) => this.#answer(state));
    // Without the thread the writer's own checkpoints take over, at their larger threshold.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#answer(undefined);
    });
    return worker;
  }
}
