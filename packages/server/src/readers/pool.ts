import { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { MlflowError } from '@bitacora/protocol';
import type { Outcome, ReaderSetup, Refusal, Task } from './messages.ts';

interface Waiting {
  readonly task: Task;
  readonly resolve: (result: { readonly outcome: Outcome; readonly thread: Thread }) => void;
  readonly reject: (reason: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  current: Waiting | undefined;
  /** Tasks that only this thread can do: it holds the stream they go on with. */
  readonly pinned: Waiting[];
}

/** What a task comes to, as the transport sends it. */
export type Result =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'parsed'; readonly input: unknown }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }
  | { readonly kind: 'stream'; readonly body: Readable };

/**
 * Room for what is new, in MB. Left to itself a thread takes twice that, and lets four times as much pile up: measured
 * with exports of 10,000 spans, its heap is 50 MB in place of 190, for the same work.
 */
const YOUNG_MB = 24;

/** Waiting reads beyond this are refused: by then each waits longer than clients do. */
const MOST_WAITING = 1000;

/**
 * Threads for long reads and for parsing large bodies, so that neither holds up the thread that answers everyone.
 * They start when first needed: a server that only logs never pays for them. A long answer is made piece by piece as
 * its receiver takes it, and between two pieces its thread does other tasks.
 */
export class ReaderPool {
  readonly #setup: ReaderSetup;
  readonly #size: number;
  readonly #threads: Thread[] = [];
  readonly #waiting: Waiting[] = [];
  #closing = false;

  constructor(setup: ReaderSetup, size: number) {
    this.#setup = setup;
    this.#size = size;
  }

  async run(task: Task): Promise<Result> {
    if (this.#waiting.length >= MOST_WAITING) {
      throw new MlflowError(
        'TEMPORARILY_UNAVAILABLE',
        `${MOST_WAITING} long reads are already waiting. Try again later.`,
      );
    }
    const { outcome, thread } = await this.#enqueue(task, this.#waiting);
    return outcome.kind === 'piece' ? { kind: 'stream', body: this.#follow(outcome, thread) } : outcome;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #enqueue(task: Task, queue: Waiting[]) {
    return new Promise<{ readonly outcome: Outcome; readonly thread: Thread }>((resolve, reject) => {
      queue.push({ task, resolve, reject });
      this.#next();
    });
  }

  #follow(first: Outcome & { kind: 'piece' }, thread: Thread): Readable {
    const pieces = async function* (this: ReaderPool) {
      let piece = first;
      try {
        for (;;) {
          yield piece.bytes;
          if (piece.stream === undefined) return;
          const { outcome } = await this.#enqueue({ kind: 'continue', stream: piece.stream }, thread.pinned);
          if (outcome.kind === 'refusal')
            throw new Error(outcome.refusal.defect ?? JSON.stringify(outcome.refusal.body));
          if (outcome.kind !== 'piece') throw new Error(`a stream cannot go on with ${outcome.kind}`);
          piece = outcome;
        }
      } finally {
        // The receiver went away before the end.
        if (piece.stream !== undefined)
          void this.#enqueue({ kind: 'cancel', stream: piece.stream }, thread.pinned);
      }
    };
    return Readable.from(pieces.call(this), { objectMode: false, highWaterMark: 1024 * 1024 });
  }

  #next(): void {
    for (const thread of this.#threads) {
      if (thread.current === undefined) this.#give(thread, thread.pinned.shift() ?? this.#waiting.shift());
    }
    while (this.#waiting.length > 0 && this.#threads.length < this.#size && !this.#closing) {
      this.#give(this.#start(), this.#waiting.shift());
    }
  }

  #give(thread: Thread, waiting: Waiting | undefined): void {
    if (!waiting) return;
    thread.current = waiting;
    const { task } = waiting;
    // A large body is handed over, not copied.
    thread.worker.postMessage(task, 'body' in task ? [task.body.buffer as ArrayBuffer] : []);
  }

  #start(): Thread {
    const worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: this.#setup,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const thread: Thread = { worker, current: undefined, pinned: [] };
    worker.on('message', (outcome: Outcome) => {
      const done = thread.current;
      thread.current = undefined;
      done?.resolve({ outcome, thread });
      this.#next();
    });
    // A thread that dies (out of memory, a defect) fails what it held; the next task starts another.
    const died = (reason: unknown) => {
      const index = this.#threads.indexOf(thread);
      if (index < 0) return;
      this.#threads.splice(index, 1);
      for (const { reject } of [thread.current, ...thread.pinned.splice(0)].filter(
        (task) => task !== undefined,
      )) {
        reject(reason);
      }
      this.#next();
    };
    worker.on('error', died);
    worker.on('exit', (code) => died(new Error(`A reader thread ended with code ${code}.`)));
    worker.unref();
    this.#threads.push(thread);
    return thread;
  }
}
