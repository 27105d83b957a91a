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
