import { Readable } from 'node:stream';
import { ArtifactError } from './error.ts';

/** Bytes as they come, cut into blocks of one size; the last may be shorter. None at all when there is nothing. */
export async function* blocksOf(content: AsyncIterable<Buffer>, block_bytes: number): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let gathered = 0;
  for await (let chunk of content) {
    while (gathered + chunk.length >= block_bytes) {
      const taken = block_bytes - gathered;
      parts.push(chunk.subarray(0, taken));
      yield parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, block_bytes);
      parts = [];
      gathered = 0;
      chunk = chunk.subarray(taken);
    }
    if (chunk.length > 0) {
      parts.push(chunk);
      gathered += chunk.length;
    }
  }
  if (gathered > 0) yield Buffer.concat(parts, gathered);
}

/** At most so many at a time, begun in order; the first failure ends it, when those under way have ended. */
export async function eachOf<T>(
  items: AsyncIterable<T> | Iterable<T>,
  most: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  try {
    for await (const item of items) {
      const one = run(item).then(() => void running.delete(one));
      one.catch(() => undefined);
      running.add(one);
      if (running.size >= most) await Promise.race(running);
    }
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
  }
}

/** A stream of what is begun when it is first read. The signal ends what is waited for when nobody wants it any more. */
export function lazily(begin: (signal: AbortSignal) => AsyncIterable<Buffer>): Readable {
  const gone = new AbortController();
  const stream = Readable.from(begin(gone.signal), { objectMode: false });
  // Its own way to be destroyed waits for what the generator waits for.
  const destroy = stream._destroy.bind(stream);
  stream._destroy = (error, done) => {
    gone.abort();
    destroy(error, done);
  };
  return stream;
}

/** What a checksum is made with, as `crypto.createHash` makes them. */
export interface Checksum {
  update(bytes: Buffer): unknown;
  digest(): Uint8Array;
}

/** Holds the last bytes back until all are known to be right: who waits for them then learns that they are not. */
export async function* verified(
  content: AsyncIterable<Buffer>,
  checksum: Checksum,
  expected: Uint8Array,
): AsyncGenerator<Buffer> {
  let held: Buffer | undefined;
  for await (const chunk of content) {
    checksum.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (!Buffer.from(checksum.digest()).equals(expected))
    throw new ArtifactError(
      'unavailable',
      'The artifact store sent other bytes than it has the checksum of. Read it again.',
    );
  if (held !== undefined) yield held;
}
