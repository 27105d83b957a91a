import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { becameShorter } from './error.ts';
import { countPassed } from './garbage.ts';
import type { ByteRange } from './repository.ts';

/** Bytes of an open file, which is closed with them. No more and no less than was announced, whatever is done to it. */
export class FileStream extends Readable {
  readonly #file: FileHandle;
  readonly #block_bytes: number;
  readonly #end: number;
  #at: number;
  #reading: Promise<void> | undefined;

  constructor(file: FileHandle, block_bytes: number, { first, last }: ByteRange) {
    super({ highWaterMark: block_bytes });
    this.#file = file;
    this.#block_bytes = block_bytes;
    this.#at = first;
    this.#end = last + 1;
  }

  override _read(): void {
    this.#reading = this.#readBlock();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // The number of a file that is closed while it is read may mean another by then.
    const closed = Promise.resolve(this.#reading).then(() => this.#file.close());
    closed.then(
      () => done(error),
      (failure: Error) => done(error ?? failure),
    );
  }

  async #readBlock(): Promise<void> {
    const length = Math.min(this.#block_bytes, this.#end - this.#at);
    if (length <= 0) {
      this.push(null);
      return;
    }
    try {
      const { bytesRead, buffer } = await this.#file.read(
        Buffer.allocUnsafeSlow(length),
        0,
        length,
        this.#at,
      );
      this.#at += bytesRead;
      countPassed(length);
      if (bytesRead === 0) throw becameShorter();
      this.push(buffer.subarray(0, bytesRead));
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}
