import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { parentPort, Worker, type WorkerOptions } from 'node:worker_threads';
import { compileCacheFolder } from './compile-cache.mjs';

/** What a thread is told that is to end. */
export const END = 'end';

/** The environment of a thread or process that reads our sources in the compiled form that Node keeps between starts. */
export function compiledEnvironment(): NodeJS.ProcessEnv {
  const folder = compileCacheFolder();
  return folder === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: folder };
}

/**
 * Starts a thread of ours, from the compiled form of our sources: that takes a quarter of the time, and no WebAssembly
 * to strip types. Threads that come and go with WebAssembly in them can make V8 abort the whole process, in its books
 * of compiled code: https://github.com/nodejs/node/issues/64500.
 */
export const startThread = (module: URL, options: Omit<WorkerOptions, 'env'>): Worker =>
  new Worker(module, { ...options, env: compiledEnvironment() });

/** A thread that is still busy after so long, in milliseconds, is ended by force. */
const PATIENCE_MS = 3000;

/**
 * Ends a thread: it finishes what it does, closes what it has open and goes. By force only where it does not:
 * `terminate()` on a thread within SQLite's code, or with a database open, can bring down the whole process.
 */
export async function endThread(thread: Worker, patience_ms = PATIENCE_MS): Promise<void> {
  // After its end a thread has no id, and says nothing any more.
  if (thread.threadId === -1) return;
  const ended = once(thread, 'exit').catch(() => once(thread, 'exit'));
  // Whoever waits for its end must not be ended before.
  thread.ref();
  thread.postMessage(END);
  const timer = setTimeout(() => void thread.terminate(), patience_ms);
  await ended;
  clearTimeout(timer);
}

/**
 * For the thread: takes each message but the last, and closes when it is told to end. A message that comes while the
 * one before is being worked on is begun all the same; the end waits for all of them.
 */
export function untilEnd<Message>(work: (message: Message) => unknown, close: () => unknown): void {
  // At the latest now all is loaded; one that is ended by force would leave nothing for the next.
  flushCompileCache();
  const running = new Set<Promise<unknown>>();
  parentPort?.on('message', async (message: Message | typeof END) => {
    if (message === END) {
      await Promise.allSettled(running);
      await close();
      // Connections to stores that are kept for the next file would hold it.
      process.exit();
    }
    const done = Promise.resolve(work(message as Message));
    running.add(done);
    await done.finally(() => running.delete(done));
  });
}
