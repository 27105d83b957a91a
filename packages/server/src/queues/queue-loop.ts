import type { Store } from '@bitacora/db';

/** How often a queue is looked at unasked: for what other servers queued, or claimed and left when they died. */
export const POLL_MS = 5_000;

export interface QueueLoopOptions {
  /** Claims and begins as much as there is room for. */
  readonly fill: () => Promise<void>;
  /** Milliseconds until it pays to look again. */
  readonly untilNext: () => Promise<number>;
  /** The queue could not be read; it is tried again. */
  readonly onError: (error: unknown) => void;
}

/** Looks at a queue in the database when something may be due, one look at a time. */
export class QueueLoop {
  readonly #options: QueueLoopOptions;
  #isStarted = false;
  #isClosed = false;
  #filling: Promise<void> | undefined;
  #wakeAgain = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: QueueLoopOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  start(): void {
    this.#isStarted = true;
    this.wake();
  }

  /** Something may be due. */
  wake(): void {
    if (this.#isClosed) return;
    if (this.#filling) {
      this.#wakeAgain = true;
      return;
    }
    clearTimeout(this.#timer);
    const { fill, untilNext, onError } = this.#options;
    this.#filling = fill()
      .then(untilNext)
      .catch((error: unknown) => {
        onError(error);
        return POLL_MS;
      })
      .then((wait) => {
        this.#filling = undefined;
        if (this.#isClosed) return;
        this.#timer = setTimeout(() => this.wake(), this.#wakeAgain ? 0 : wait).unref();
        this.#wakeAgain = false;
      });
  }

  /**
   * `write`, which wakes the queue once a transaction is committed in which `noteQueued` was called. What another
   * transaction queues meanwhile wakes it once too often, which costs a look.
   */
  afterCommit(write: Store['write']): { readonly write: Store['write']; readonly noteQueued: () => void } {
    let queued = 0;
    return {
      write: async (work, options) => {
        const before = queued;
        const result = await write(work, options);
        if (queued !== before && this.#isStarted) this.wake();
        return result;
      },
      noteQueued: () => {
        queued++;
      },
    };
  }

  /** Looks at once, after a look that is under way. */
  async look(): Promise<void> {
    await this.#filling;
    this.wake();
    await this.#filling;
  }

  /** Begins nothing more; resolves when the look under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#filling;
  }
}
