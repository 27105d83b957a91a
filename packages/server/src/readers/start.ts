import { fork } from 'node:child_process';
import { compiledEnvironment, endThread, startThread } from '@bitacora/db';
import type { Outcome, ReaderSetup, Task } from './messages.ts';

/** Something that does one task at a time. */
export interface Reader {
  send(task: Task): void;
  end(): Promise<unknown>;
}

export interface ReaderEvents {
  readonly outcome: (outcome: Outcome) => void;
  /** It is no more; said once or several times. */
  readonly died: (reason: unknown) => void;
}

export type StartReader = (events: ReaderEvents) => Reader;

/**
 * Room for what is new, in MB. Left to itself a thread takes twice that, and lets four times as much pile up: measured
 * with exports of 10,000 spans, its heap is 50 MB in place of 190, for the same work.
 */
const YOUNG_MB = 24;

/**
 * Readers that are threads: they start quickly and hand over what they have read.
 *
 * @param patience_ms how long one that is to end may go on with what it does; a few seconds when unset.
 */
export const threads =
  (setup: ReaderSetup, patience_ms?: number): StartReader =>
  ({ outcome, died }) => {
    const worker = startThread(new URL('./thread.ts', import.meta.url), {
      workerData: setup,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    worker.on('message', outcome);
    worker.on('error', died);
    worker.on('exit', (code) => died(new Error(`A reader thread ended with code ${code}.`)));
    worker.unref();
    return {
      // A large body is handed over, not copied.
      send: (task) => worker.postMessage(task, 'body' in task ? [task.body.buffer as ArrayBuffer] : []),
      end: () => endThread(worker, patience_ms),
    };
  };

/** How a process ends that V8 aborts for want of memory, the system ends for it, or broken input has brought down. */
const ABORTS = new Set<NodeJS.Signals>(['SIGABRT', 'SIGBUS', 'SIGILL', 'SIGKILL', 'SIGSEGV', 'SIGTRAP']);

/** A process that wanted more memory than it may have. */
export class OutOfMemory extends Error {
  override readonly name = 'OutOfMemory';
}

/**
 * Readers that are processes. A thread that wants an array larger than all memory it may have takes the whole process
 * with it, whatever its limits: what is read must be harmless, or the process must be another.
 */
export const processes =
  (setup: ReaderSetup, heap_mb: number): StartReader =>
  ({ outcome, died }) => {
    const child = fork(new URL('./process.ts', import.meta.url), {
      serialization: 'advanced',
      env: compiledEnvironment(),
      execArgv: [`--max-old-space-size=${heap_mb}`, `--max-semi-space-size=${YOUNG_MB / 3}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.on('message', (message) => outcome(message as Outcome));
    child.on('error', died);
    child.on('exit', (code, signal) => {
      const isAborted = (signal !== null && ABORTS.has(signal)) || code === 134;
      const how = `A reader process ended with ${signal ?? `code ${code}`}.`;
      died(isAborted ? new OutOfMemory(how) : new Error(how));
    });
    child.send(setup);
    child.unref();
    child.channel?.unref();
    return {
      send: (task) => child.send(task),
      end: () => {
        child.kill('SIGKILL');
        return ended;
      },
    };
  };
