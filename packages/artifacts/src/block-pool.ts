/** Where the memory of blocks comes from, and goes when they are done with. */
export interface BlockSource {
  /** Its content is whatever was in it last. */
  take(block_bytes: number): Buffer;
  giveBack(block: Buffer): void;
}

/** For blocks so small that nobody minds them afterwards. */
export function ownBlocks(): BlockSource {
  const free: Buffer[] = [];
  return {
    take: (block_bytes) => free.pop() ?? Buffer.allocUnsafeSlow(block_bytes),
    giveBack: (block) => void free.push(block),
  };
}

/** What is kept for the next upload, and how long. */
const MOST_KEPT_BYTES = 32 * 1024 * 1024;
const KEPT_MS = 10_000;

/**
 * Blocks for one upload after the other to a store. They have grown old when an upload ends, so V8 would leave tens of
 * megabytes of them lying while the next upload takes new ones. Each store has its own: a store that answers before it
 * has read all must not see what goes to another.
 */
export class BlockPool implements BlockSource {
  readonly #free: Buffer[] = [];
  #kept_bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  take(block_bytes: number): Buffer {
    const at = this.#free.findIndex(({ length }) => length === block_bytes);
    const [block] = at < 0 ? [] : this.#free.splice(at, 1);
    this.#kept_bytes -= block?.length ?? 0;
    return block ?? Buffer.allocUnsafeSlow(block_bytes);
  }

  giveBack(block: Buffer): void {
    if (this.#kept_bytes + block.length > MOST_KEPT_BYTES) return;
    this.#free.push(block);
    this.#kept_bytes += block.length;
    this.#timer ??= setTimeout(() => this.#forget(), KEPT_MS).unref();
    this.#timer.refresh();
  }

  #forget(): void {
    this.#free.length = 0;
    this.#kept_bytes = 0;
    this.#timer = undefined;
  }
}
