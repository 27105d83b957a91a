import { firstAtLeast } from './binary-search.ts';

/** A set of row positions below 2^53, kept as compact as it was stored. */
export interface RowSet {
  readonly size: number;
  has(row: number): boolean;
  /** How many of the set are less than `row`. */
  countBelow(row: number): number;
  /** The members, in rising order. */
  rows(): Iterable<number>;
}

/** Values of one 16-bit block; `rank` counts those less than a value. */
interface Container {
  readonly size: number;
  has(low: number): boolean;
  rank(low: number): number;
  values(): Iterable<number>;
}

/** The magic number by which Delta's 64-bit bitmaps begin. */
const DELTA_MAGIC = 1681511377;
/** "Cookies" of the 32-bit format, without and with run containers. */
const NO_RUNS = 12346;
const WITH_RUNS = 12347;
/** With fewer containers than this, a bitmap with runs has no table of offsets. */
const OFFSETS_FROM = 4;
/** An array container holds at most this many values; more make a bitmap. */
const MOST_IN_ARRAY = 4096;
const BITMAP_BYTES = 8192;

/**
 * Delta's serialised bitmap: a magic number, then the portable format of 64-bit Roaring bitmaps
 * (https://github.com/RoaringBitmap/RoaringFormatSpec), all little-endian. The bytes are kept, not expanded.
 *
 * @throws RangeError, Error saying what is wrong
 */
export function parseRowSet(bytes: Uint8Array): RowSet {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== DELTA_MAGIC)
    throw new Error('its magic number is not that of a deletion vector');
  const buckets = Number(view.getBigUint64(4, true));
  const reader = { view, at: 12 };
  const blocks: number[] = [];
  const containers: Container[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const high = view.getUint32(reader.at, true);
    reader.at += 4;
    // Row positions are exact only to 2^53.
    if (high >= 2 ** 21) throw new Error('it names rows beyond 2^53');
    readBitmap32(reader, (key, container) => {
      const block = high * 65536 + key;
      if (blocks.length > 0 && block <= blocks.at(-1)!) throw new Error('its blocks are not in order');
      blocks.push(block);
      containers.push(container);
    });
  }
  return new BlockedSet(blocks, containers);
}

class BlockedSet implements RowSet {
  readonly size: number;
  readonly #blocks: readonly number[];
  readonly #containers: readonly Container[];
  /** Values in all containers before each. */
  readonly #before: readonly number[];

  constructor(blocks: readonly number[], containers: readonly Container[]) {
    let total = 0;
    const before: number[] = [];
    for (const container of containers) {
      before.push(total);
      total += container.size;
    }
    this.size = total;
    this.#blocks = blocks;
    this.#containers = containers;
    this.#before = before;
  }

  has(row: number): boolean {
    const block = Math.floor(row / 65536);
    const at = firstAtLeast(this.#blocks.length, (i) => this.#blocks[i]! >= block);
    return this.#blocks[at] === block && this.#containers[at]!.has(row % 65536);
  }

  countBelow(row: number): number {
    const block = Math.floor(row / 65536);
    const at = firstAtLeast(this.#blocks.length, (i) => this.#blocks[i]! >= block);
    if (at === this.#blocks.length) return this.size;
    return this.#before[at]! + (this.#blocks[at] === block ? this.#containers[at]!.rank(row % 65536) : 0);
  }

  *rows(): Iterable<number> {
    for (const [at, container] of this.#containers.entries()) {
      const start = this.#blocks[at]! * 65536;
      for (const low of container.values()) yield start + low;
    }
  }
}

/** How many rows two sets share. Takes time with the smaller one. */
export function countShared(a: RowSet, b: RowSet): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  let count = 0;
  for (const row of small.rows()) if (large.has(row)) count++;
  return count;
}

interface Reader {
  readonly view: DataView;
  at: number;
}

/** Reads one 32-bit bitmap and leaves the reader behind it. */
function readBitmap32(reader: Reader, found: (key: number, container: Container) => void): void {
  const { view } = reader;
  const cookie = view.getUint32(reader.at, true);
  const hasRuns = (cookie & 0xffff) === WITH_RUNS;
  if (!hasRuns && cookie !== NO_RUNS)
    throw new Error(`its bitmap begins with ${cookie}, which is no Roaring bitmap`);
  const count = hasRuns ? (cookie >>> 16) + 1 : view.getUint32(reader.at + 4, true);
  if (count > 65536) throw new Error(`its bitmap claims ${count} containers`);
  reader.at += hasRuns ? 4 : 8;
  const runFlags = reader.at;
  if (hasRuns) reader.at += Math.ceil(count / 8);
  const header = reader.at;
  reader.at += count * 4;
  // Containers follow each other; the offsets only help readers that jump.
  if (!hasRuns || count >= OFFSETS_FROM) reader.at += count * 4;
  for (let i = 0; i < count; i++) {
    const key = view.getUint16(header + i * 4, true);
    const size = view.getUint16(header + i * 4 + 2, true) + 1;
    const isRun = hasRuns && (view.getUint8(runFlags + (i >> 3)) & (1 << (i & 7))) !== 0;
    found(
      key,
      isRun ? readRuns(reader) : size <= MOST_IN_ARRAY ? readArray(reader, size) : readBits(reader, size),
    );
  }
}

function readArray(reader: Reader, size: number): Container {
  const values = take(reader, size * 2);
  const rank = (low: number) => firstAtLeast(size, (i) => values.getUint16(i * 2, true) >= low);
  return {
    size,
    rank,
    has(low) {
      const at = rank(low);
      return at < size && values.getUint16(at * 2, true) === low;
    },
    *values() {
      for (let i = 0; i < size; i++) yield values.getUint16(i * 2, true);
    },
  };
}

function readRuns(reader: Reader): Container {
  const runs = reader.view.getUint16(reader.at, true);
  reader.at += 2;
  const values = take(reader, runs * 4);
  const start = (i: number) => values.getUint16(i * 4, true);
  const before: number[] = [];
  let size = 0;
  for (let i = 0; i < runs; i++) {
    before.push(size);
    size += values.getUint16(i * 4 + 2, true) + 1;
  }
  const lastFrom = (low: number) => firstAtLeast(runs, (i) => start(i) > low) - 1;
  return {
    size,
    has(low) {
      const run = lastFrom(low);
      return run >= 0 && low <= start(run) + values.getUint16(run * 4 + 2, true);
    },
    rank(low) {
      const run = low === 0 ? -1 : lastFrom(low - 1);
      if (run < 0) return 0;
      return before[run]! + Math.min(low - start(run), values.getUint16(run * 4 + 2, true) + 1);
    },
    *values() {
      for (let i = 0; i < runs; i++)
        for (let low = start(i); low <= start(i) + values.getUint16(i * 4 + 2, true); low++) yield low;
    },
  };
}

function readBits(reader: Reader, size: number): Container {
  const bits = take(reader, BITMAP_BYTES);
  /** Values before each 32-bit word. */
  const before = new Uint16Array(BITMAP_BYTES / 4);
  let total = 0;
  for (let word = 0; word < before.length; word++) {
    before[word] = total;
    total += ones(bits.getUint32(word * 4, true));
  }
  if (total !== size) throw new Error(`a block claims ${size} rows and holds ${total}`);
  return {
    size,
    has: (low) => (bits.getUint8(low >> 3) & (1 << (low & 7))) !== 0,
    rank(low) {
      const word = low >> 5;
      return before[word]! + ones(bits.getUint32(word * 4, true) & (2 ** (low & 31) - 1));
    },
    *values() {
      for (let low = 0; low < BITMAP_BYTES * 8; low++)
        if ((bits.getUint8(low >> 3) & (1 << (low & 7))) !== 0) yield low;
    },
  };
}

function take(reader: Reader, length: number): DataView {
  const view = new DataView(reader.view.buffer, reader.view.byteOffset + reader.at, length);
  if (reader.at + length > reader.view.byteLength) throw new RangeError('it ends too soon');
  reader.at += length;
  return view;
}

/** Bits set in a 32-bit word. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
