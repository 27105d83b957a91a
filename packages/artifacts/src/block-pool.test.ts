import { expect, test, vi } from 'vitest';
import { BlockPool } from './block-pool.ts';
import { blocksOf } from './transfer.ts';

const MIB = 1024 * 1024;

async function* content(bytes: number) {
  for (let sent = 0; sent < bytes; sent += MIB) yield Buffer.alloc(MIB);
}

/** The memory of an upload's blocks, each released as soon as it is there. */
async function upload(pool: BlockPool, bytes: number): Promise<Set<ArrayBufferLike>> {
  const used = new Set<ArrayBufferLike>();
  for await (const block of blocksOf(content(bytes), 4 * MIB, pool)) {
    used.add(block.bytes.buffer);
    block.release();
  }
  return used;
}

test('an upload fills the blocks of the one before it', async () => {
  const pool = new BlockPool();
  const first = await upload(pool, 40 * MIB);
  expect(first.size).toBe(1);
  expect(await upload(pool, 40 * MIB)).toEqual(first);
});

test('blocks that are not released are given to nobody else', async () => {
  const pool = new BlockPool();
  const held = await Array.fromAsync(blocksOf(content(12 * MIB), 4 * MIB, pool));
  const next = await upload(pool, 12 * MIB);
  expect(held.map(({ bytes }) => bytes.buffer).filter((memory) => next.has(memory))).toEqual([]);
});

test('a block is used again for its own size alone', () => {
  const pool = new BlockPool();
  pool.giveBack(Buffer.allocUnsafeSlow(4 * MIB));
  expect(pool.take(5 * MIB)).toHaveLength(5 * MIB);
  expect(pool.take(4 * MIB)).toHaveLength(4 * MIB);
});

test('32 MiB are kept, for ten seconds after the last use', () => {
  vi.useFakeTimers();
  try {
    const pool = new BlockPool();
    const blocks: Buffer[] = Array.from({ length: 9 }, () => Buffer.allocUnsafeSlow(4 * MIB));
    const keep = () => {
      for (const block of blocks) pool.giveBack(block);
    };
    const kept = () => blocks.map(() => pool.take(4 * MIB)).filter((block) => blocks.includes(block)).length;
    keep();
    expect(kept()).toBe(8);
    keep();
    vi.advanceTimersByTime(9_000);
    expect(kept()).toBe(8);
    keep();
    vi.advanceTimersByTime(10_000);
    expect(kept()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
