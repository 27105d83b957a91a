import { Readable } from 'node:stream';
import { invalidParameter, MlflowError } from '@bitacora/protocol';
import type { Outcome, Refusal, Task } from './messages.ts';
import { OutOfMemory, type Reader, type StartReader } from './start.ts';

interface Waiting {
  readonly task: Task;
  readonly resolve: (result: { readonly outcome: Outcome; readonly thread: Thread }) => void;
  readonly reject: (reason: unknown) => void;
}

interface Thread {
  readonly reader: Reader;
  current: Waiting | undefined;
  /** Tasks that only this thread can do: it holds the stream they go on with. */
  readonly pinned: Waiting[];
  /** Ends it when its task takes too long, or when there has been none. */
  timer?: NodeJS.Timeout;
  /** It is no more, and does not go on with anything. */
  isGone?: { readonly reason: unknown };
}

export interface PoolLimits {
  /** A task that takes longer is ended with its reader. */
  readonly most_ms: number;
  /** A reader that has nothing to do for so long is ended. */
  readonly idle_ms: number;
  /** What is said of a task that takes more; of a preview when unset. */
  readonly tooMuch?: string;
}

/** What a task comes to, as the transport sends it. */
export type Result =
  | { readonly kind: 'answer'; readonly bytes: Uint8Array }
  | { readonly kind: 'parsed'; readonly input: unknown }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'stream'; readonly body: Readable };

const TOO_MUCH =
  'The file takes more time or memory than a preview may. Ask for fewer columns, read it as text, or download it.';

/** Waiting reads beyond this are refused: by then each waits longer than clients do. */
const MOST_WAITING = 1000;

/**
 * Threads for long reads and for parsing large bodies, so that neither holds up the thread that answers everyone.
 * They start when first needed: a server that only logs never pays for them. A long answer is made piece by piece as
 * its receiver takes it, and between two pieces its thread does other tasks.
 */
export class ReaderPool {
  readonly #startReader: StartReader;
  readonly #size: number;
  readonly #limits: PoolLimits | undefined;
  readonly #threads: Thread[] = [];
  readonly #waiting: Waiting[] = [];
  #closing = false;

  /** @param limits for tasks whose input is made by others; a task beyond them is refused as theirs. */
  constructor(startReader: StartReader, size: number, limits?: PoolLimits) {
    this.#startReader = startReader;
    this.#size = size;
    this.#limits = limits;
  }

  async run(task: Task): Promise<Result> {
    if (this.#closing) throw shuttingDown();
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
    for (const { reject } of this.#waiting.splice(0)) reject(shuttingDown());
    await Promise.all(this.#threads.map(({ reader }) => reader.end()));
  }

  #enqueue(task: Task, queue: Waiting[]) {
    return new Promise<{ readonly outcome: Outcome; readonly thread: Thread }>((resolve, reject) => {
      queue.push({ task, resolve, reject });
      this.#next();
    });
  }

  #follow(first: Outcome & { kind: 'piece' }, thread: Thread): Readable {
    let { bytes, stream } = first;
    const pieces = async function* (this: ReaderPool) {
      for (;;) {
        yield bytes;
        if (stream === undefined) return;
        const { outcome } = await this.#goOn(thread, { kind: 'continue', stream });
        if (outcome.kind === 'refusal')
          throw new Error(outcome.refusal.defect ?? JSON.stringify(outcome.refusal.body));
        if (outcome.kind !== 'piece') throw new Error(`a stream cannot go on with ${outcome.kind}`);
        ({ bytes, stream } = outcome);
      }
    };
    const body = Readable.from(pieces.call(this), { objectMode: false, highWaterMark: 1024 * 1024 });
    // The receiver went away before the end, or even before it took anything. Where the thread has gone too, nothing is left to cancel.
    body.once('close', () => {
      if (stream !== undefined) this.#goOn(thread, { kind: 'cancel', stream }).catch(() => undefined);
    });
    return body;
  }

  /** Of a stream that the thread holds. */
  async #goOn(thread: Thread, task: Task) {
    if (thread.isGone) throw thread.isGone.reason;
    return this.#enqueue(task, thread.pinned);
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
    this.#time(thread, () => this.#tooMuch(), this.#limits?.most_ms);
    thread.reader.send(task);
  }

  #start(): Thread {
    const reader = this.#startReader({
      outcome: (outcome) => {
        const done = thread.current;
        thread.current = undefined;
        this.#time(thread, () => new Error('A reader had nothing to do.'), this.#limits?.idle_ms);
        done?.resolve({ outcome, thread });
        this.#next();
      },
      // Of a defect, or for want of memory.
      died: (reason) => this.#end(thread, reason instanceof OutOfMemory ? this.#tooMuch(reason) : reason),
    });
    const thread: Thread = { reader, current: undefined, pinned: [] };
    this.#threads.push(thread);
    return thread;
  }

  #tooMuch(cause?: unknown): Error {
    return invalidParameter(this.#limits?.tooMuch ?? TOO_MUCH, { cause });
  }

  /** Ends a reader after a time, unless it is timed anew. */
  #time(thread: Thread, reason: () => Error, time_ms: number | undefined): void {
    clearTimeout(thread.timer);
    if (time_ms !== undefined) thread.timer = setTimeout(() => this.#end(thread, reason()), time_ms).unref();
  }

  /** What it held fails for the reason; the next task starts another. */
  #end(thread: Thread, reason: unknown): void {
    const index = this.#threads.indexOf(thread);
    if (index < 0) return;
    this.#threads.splice(index, 1);
    thread.isGone = { reason };
    clearTimeout(thread.timer);
    void thread.reader.end();
    for (const { reject } of [thread.current, ...thread.pinned.splice(0)].filter(
      (task) => task !== undefined,
    )) {
      reject(reason);
    }
    this.#next();
  }
}

const shuttingDown = () =>
  new MlflowError('TEMPORARILY_UNAVAILABLE', 'The server is shutting down. Ask again in a moment.');
