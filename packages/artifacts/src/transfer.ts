import { type BlockSource, ownBlocks } from './block-pool.ts';

/** Bytes in memory that is used again once they are released, after which nobody may look at them. */
export interface Block {
  readonly bytes: Buffer;
  /** Nothing comes after it. */
  readonly isLast: boolean;
  release(): void;
}

/**
 * Bytes as they come, cut into blocks of one size; the last may be shorter. None at all when there is nothing. A full
 * one waits for the byte behind it, which tells that it is not the last. Released blocks are filled again: thrown away,
 * tens of megabytes of them would wait for the garbage collector.
 */
export async function* blocksOf(
  content: AsyncIterable<Buffer>,
  block_bytes: number,
  source: BlockSource = ownBlocks(),
): AsyncGenerator<Block> {
  let block: Buffer | undefined;
  let filled = 0;
  const handOut = (whole: Buffer, isLast: boolean): Block => ({
    bytes: whole.subarray(0, filled),
    isLast,
    release: () => source.giveBack(whole),
  });
  for await (const chunk of content) {
    for (let taken = 0; taken < chunk.length; ) {
      if (block && filled === block_bytes) {
        yield handOut(block, false);
        block = undefined;
        filled = 0;
      }
      block ??= source.take(block_bytes);
      const copied = chunk.copy(block, filled, taken);
      taken += copied;
      filled += copied;
    }
  }
  if (block) yield handOut(block, true);
}

/** The size of blocks that hold a whole file where it is small and its size known. */
export const blockBytes = (most: number, size_bytes: number | undefined): number =>
  Math.max(1, Math.min(most, size_bytes ?? most));

export async function* chain<T>(before: readonly T[], after: AsyncIterable<T>): AsyncGenerator<T> {
  yield* before;
  yield* after;
}

/**
 * At most so many at a time, begun in order; the first failure ends it, when those under way have ended.
 *
 * Counted rather than raced: each `Promise.race` leaves something with everyone who takes part, and a `Set` that others
 * join and leave keeps what has left alive through the tables that it has outgrown, for V8 to find in old memory only.
 */
export async function eachOf<T>(
  items: AsyncIterable<T> | Iterable<T>,
  most: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  let underWay = 0;
  let failure: { readonly error: unknown } | undefined;
  let wake = () => {};
  const oneEnds = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  const end = () => {
    underWay--;
    wake();
  };
  const fail = (error: unknown) => {
    failure ??= { error };
    end();
  };
  try {
    for await (const item of items) {
      underWay++;
      // One that throws before it has a promise has failed too.
      (async () => run(item))().then(end, fail);
      while (underWay >= most && failure === undefined) await oneEnds();
      if (failure !== undefined) break;
    }
  } finally {
    while (underWay > 0) await oneEnds();
  }
  if (failure !== undefined) throw failure.error;
}
