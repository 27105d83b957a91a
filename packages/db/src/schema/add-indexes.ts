import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SqliteStore } from '../sqlite/store.ts';
import { endThread, startThread } from '../threads.ts';

/** Indexes that are being added while the server already answers. */
export interface IndexWork {
  /** When all are there, or no further one is to be made. */
  readonly done: Promise<void>;
  /** Begins no further index; resolves when the one at hand is made. */
  stop(): Promise<void>;
}

/**
 * Adds what an SQLite file lacks of our indexes, one after the other, on a thread of its own. Readers never notice.
 * SQLite has one writer: while an index is made, about a second for each million of entries, writes wait, and between
 * two indexes they have their turn for as long.
 */
export function addIndexesToFile(store: SqliteStore, path: string): IndexWork {
  let isStopped = false;
  const thread = startThread(new URL('./index-thread.ts', import.meta.url), { workerData: path });
  const addNext = async (): Promise<number> => {
    thread.postMessage('next');
    const [left] = (await once(thread, 'message')) as [number];
    return left;
  };
  const addAll = async () => {
    for (let left = 1; left > 0 && !isStopped; ) {
      const begun = performance.now();
      left = await store.pauseWrites(addNext);
      await sleep(performance.now() - begun);
    }
  };
  const done = addAll().finally(() => endThread(thread));
  return {
    done,
    stop() {
      isStopped = true;
      return done.catch(() => undefined);
    },
  };
}
