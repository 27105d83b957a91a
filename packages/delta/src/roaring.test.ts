import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRowSet } from './roaring.ts';
import { decodeZ85 } from './z85.ts';

/** Writes a set after the format's description, each block as the kind asked for. */
function serialize(rows: readonly number[], kind: 'array' | 'bitmap' | 'run'): Uint8Array {
  const blocks = Map.groupBy(rows, (row) => Math.floor(row / 65536));
  const buckets = Map.groupBy(blocks.keys(), (block) => Math.floor(block / 65536));
  const parts: Buffer[] = [];
  const put = (length: number, write: (buffer: Buffer) => void) => {
    const buffer = Buffer.alloc(length);
    write(buffer);
    parts.push(buffer);
  };
  put(4, (buffer) => buffer.writeUInt32LE(1681511377));
  put(8, (buffer) => buffer.writeBigUInt64LE(BigInt(buckets.size)));
  for (const [bucket, inside] of buckets) {
    put(4, (buffer) => buffer.writeUInt32LE(bucket));
    const count = inside.length;
    if (kind === 'run') {
      put(4, (buffer) => buffer.writeUInt32LE((12347 | ((count - 1) << 16)) >>> 0));
      put(Math.ceil(count / 8), (buffer) => buffer.fill(255));
    } else {
      put(8, (buffer) => {
        buffer.writeUInt32LE(12346);
        buffer.writeUInt32LE(count, 4);
      });
    }
    for (const block of inside) {
      put(4, (buffer) => {
        buffer.writeUInt16LE(block % 65536);
        buffer.writeUInt16LE(blocks.get(block)!.length - 1, 2);
      });
    }
    if (kind !== 'run' || count >= 4) put(count * 4, () => {});
    for (const block of inside) {
      const lows = blocks.get(block)!.map((row) => row % 65536);
      if (kind === 'run') {
        const runs: [number, number][] = [];
        for (const low of lows) {
          const last = runs.at(-1);
          if (last !== undefined && last[0] + last[1] + 1 === low) last[1]++;
          else runs.push([low, 0]);
        }
        put(2 + runs.length * 4, (buffer) => {
          buffer.writeUInt16LE(runs.length);
          for (const [at, [start, more]] of runs.entries()) {
            buffer.writeUInt16LE(start, 2 + at * 4);
            buffer.writeUInt16LE(more, 4 + at * 4);
          }
        });
      } else if (lows.length <= 4096) {
        put(lows.length * 2, (buffer) => {
          for (const [at, low] of lows.entries()) buffer.writeUInt16LE(low, at * 2);
        });
      } else {
        put(8192, (buffer) => {
          for (const low of lows) buffer[low >> 3]! |= 1 << (low & 7);
        });
      }
    }
  }
  return Uint8Array.from(Buffer.concat(parts));
}

const check = (rows: readonly number[], bytes: Uint8Array, probes: readonly number[]) => {
  const set = parseRowSet(bytes);
  const model = new Set(rows);
  expect(set.size).toBe(rows.length);
  expect([...set.rows()]).toEqual(rows);
  for (const row of probes) {
    expect([row, set.has(row)]).toEqual([row, model.has(row)]);
    expect([row, set.countBelow(row)]).toEqual([row, rows.filter((one) => one < row).length]);
  }
};

describe('a set of deleted rows', () => {
  // The protocol's own example of an inline vector is in an older format, whose magic number no writer has used since.
  test('is read from the rows of the protocol’s example, as writers write them', () => {
    const bytes = decodeZ85('^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L')!;
    const set = parseRowSet(bytes);
    const found = Array.from({ length: 40 }, (_, row) => row).filter((row) => set.has(row));
    expect(found).toEqual([3, 4, 7, 11, 18, 29]);
    expect([set.size, set.countBelow(0), set.countBelow(7), set.countBelow(8), set.countBelow(1e12)]).toEqual(
      [6, 0, 2, 3, 6],
    );
  });

  // Few blocks, the edges of blocks and of 32 bits, and runs.
  const row = fc.oneof(
    fc.nat(300),
    fc.integer({ min: 65_500, max: 65_600 }),
    fc.integer({ min: 2 ** 32 - 50, max: 2 ** 32 + 50 }),
    fc.nat(2 ** 40),
  );
  const sorted = fc
    .uniqueArray(row, { minLength: 1, maxLength: 400 })
    .map((rows) => rows.sort((a, b) => a - b));

  test.each(['array', 'run'] as const)(
    'holds, and counts, what was put into containers of kind %s',
    (kind) => {
      fc.assert(
        fc.property(sorted, (rows) => {
          const probes = rows.slice(0, 40).flatMap((one) => [one, one + 1, Math.max(one - 1, 0)]);
          check(rows, serialize(rows, kind), [0, ...probes, 2 ** 45]);
        }),
        { numRuns: 100 },
      );
    },
  );

  test('holds, and counts, what was put into a container that is a bitmap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.nat(65_535), (step, probe) => {
        const rows = Array.from({ length: Math.floor(65_536 / step) }, (_, at) => at * step);
        check(rows, serialize(rows, 'bitmap'), [0, 31, 32, 33, probe, probe + 65_536, 65_535]);
      }),
      { numRuns: 20 },
    );
  });

  test('a whole block as one run is all of it', () => {
    const rows = Array.from({ length: 65_536 }, (_, at) => at);
    check(rows, serialize(rows, 'run'), [0, 1, 65_535, 65_536]);
  });

  test('bytes that are none are refused, and never read beyond', () => {
    const whole = serialize([1, 2, 3, 70_000, 2 ** 33], 'array');
    for (let length = 0; length < whole.length; length++)
      expect(() => parseRowSet(whole.subarray(0, length))).toThrow();
    expect(() => parseRowSet(Uint8Array.from(whole, (byte, at) => (at === 0 ? byte ^ 1 : byte)))).toThrow(
      /magic/,
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (tail) => {
        const bytes = Uint8Array.from([...whole.subarray(0, 4), ...tail]);
        try {
          parseRowSet(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });

  test('text that is no Z85 is refused', () => {
    for (const text of ['1234', 'abcd"', '#####']) expect(decodeZ85(text)).toBeUndefined();
    expect(decodeZ85('HelloWorld')).toEqual(Uint8Array.of(0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b));
  });
});
