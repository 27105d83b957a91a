const MAGIC = 0x184d2204;

/**
 * Unpacks an LZ4 frame, as Arrow has them: blocks may refer to those before. Checksums are passed over.
 *
 * @param most bytes; a frame that holds more is refused, however small it is.
 * @throws RangeError for what is no frame, is damaged, or is too large
 */
export function unpackLz4Frame(packed: Uint8Array, most: number): Uint8Array {
  const input = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  if (input.length < 7 || input.readUInt32LE(0) !== MAGIC) throw new RangeError('a buffer is no LZ4 frame');
  const flags = input[4]!;
  if (flags >> 6 !== 1) throw new RangeError('a buffer has an unknown version of LZ4');
  const [hasBlockChecksum, hasSize, hasDictionary] = [flags & 0x10, flags & 0x08, flags & 0x01];
  let at = 6 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0) + 1;
  const output = new Output(hasSize ? Number(input.readBigUInt64LE(6)) : input.length * 4, most);
  for (;;) {
    const header = input.readUInt32LE(at);
    at += 4;
    if (header === 0) return output.finish();
    const length = header & 0x7fffffff;
    if (at + length > input.length) throw new RangeError('a buffer ends within a block of LZ4');
    const block = input.subarray(at, at + length);
    if (header >>> 31) output.append(block);
    else unpackBlock(block, output);
    at += length + (hasBlockChecksum ? 4 : 0);
  }
}

function unpackBlock(block: Buffer, output: Output): void {
  let at = 0;
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (;;) {
      const more = block[at++];
      if (more === undefined) throw new RangeError('a block of LZ4 ends within a length');
      length += more;
      if (more < 255) return length;
    }
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = lengthFrom(token >> 4);
    if (at + literals > block.length) throw new RangeError('a block of LZ4 ends within its literals');
    output.append(block.subarray(at, at + literals));
    at += literals;
    // The last sequence has no match.
    if (at >= block.length) return;
    if (at + 2 > block.length) throw new RangeError('a block of LZ4 ends within a match');
    const back = block.readUInt16LE(at);
    at += 2;
    output.repeat(back, lengthFrom(token & 15) + 4);
  }
}

class Output {
  #bytes: Buffer;
  #length = 0;
  readonly #most: number;

  constructor(expected: number, most: number) {
    this.#most = most;
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(64, Math.min(expected, most)));
  }

  append(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#length += bytes.copy(this.#bytes, this.#length);
  }

  repeat(back: number, count: number): void {
    const from = this.#length - back;
    if (back === 0 || from < 0) throw new RangeError('a match of LZ4 refers to what is not there');
    this.#reserve(count);
    // What is copied may overlap what it makes: then it is a pattern, which doubles with every copy.
    for (let left = count; left > 0; ) {
      const length = Math.min(left, this.#length - from);
      this.#bytes.copyWithin(this.#length, from, from + length);
      this.#length += length;
      left -= length;
    }
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#most) throw new RangeError(`a buffer has more than ${this.#most} bytes unpacked`);
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#most, Math.max(needed, this.#bytes.length * 2)));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
