import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { countPassed } from './garbage.ts';
import type { ByteRange } from './repository.ts';

/** The bytes of an open file, which is closed with it. */
export class FileStream extends Readable {
  readonly #file: FileHandle;
  readonly #block_bytes: number;
  readonly #end: number;
  #at: number;
  #reading: Promise<void> | undefined;

  /** @param range all of it when unset, also what is added to it meanwhile. */
  constructor(file: FileHandle, block_bytes: number, range?: ByteRange) {
    super({ highWaterMark: block_bytes });
    this.#file = file;
    this.#block_bytes = block_bytes;
    this.#at = range?.first ?? 0;
    this.#end = range ? range.last + 1 : Number.POSITIVE_INFINITY;
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
      this.push(bytesRead === 0 ? null : buffer.subarray(0, bytesRead));
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}
