import type { Readable } from 'node:stream';
import type { ArtifactRepository, StoredFile } from '@bitacora/artifacts';
import { MlflowError } from '@bitacora/protocol';
import type { Place } from '../artifacts/location.ts';
import { unreadable } from './unreadable.ts';

/** A store that delivers a part of a file no quicker than this is given up, in milliseconds. */
const MOST_TIME_MS = 15_000;

/** A file of which parts are read, and never all: each part is asked of the store by itself. */
export class RangedFile implements AsyncDisposable {
  readonly path: string;
  readonly size_bytes: number;
  readonly modified_ms: number;
  readonly etag: string;
  readonly #place: Place;
  /** What was found first: a store opens it once. */
  #found: StoredFile | undefined;

  private constructor(place: Place, path: string, found: StoredFile) {
    this.path = path;
    this.size_bytes = found.size_bytes;
    this.modified_ms = found.modified_ms;
    this.etag = found.etag;
    this.#place = place;
    this.#found = found;
  }

  /**
   * @param path as the caller knows it, without what lies above it in the store.
   * @throws ArtifactError not_found, is_directory
   */
  static async find(place: Place, path: string): Promise<RangedFile> {
    return new RangedFile(place, path, await place.artifacts.find(place.path));
  }

  /** What stands in every answer about the file. */
  get identity() {
    return { size_bytes: this.size_bytes, etag: this.etag };
  }

  /**
   * The bytes from `start` to before `end`, as far as the file goes.
   *
   * @throws MlflowError TEMPORARILY_UNAVAILABLE when the store takes too long, INVALID_PARAMETER_VALUE when the file is
   * another by now.
   */
  async read(start: number, end: number): Promise<Buffer> {
    // What a damaged file says of its places may be no number at all.
    if (!(Number.isSafeInteger(start) && start >= 0))
      throw unreadable(this.path, 'it refers to a place that it has not');
    const length = Math.min(end, this.size_bytes) - start;
    if (!(length > 0)) return Buffer.alloc(0);
    const content = await this.open(start, end);
    const timer = setTimeout(() => content.destroy(tooSlow(this.path)), MOST_TIME_MS);
    try {
      const bytes = Buffer.allocUnsafeSlow(length);
      let filled = 0;
      for await (const chunk of content as AsyncIterable<Buffer>) filled += chunk.copy(bytes, filled);
      if (filled < length) throw changed(this.path);
      return bytes;
    } finally {
      clearTimeout(timer);
    }
  }

  /** A stream of the same, to be read or destroyed. */
  async open(start: number, end = this.size_bytes): Promise<Readable> {
    const file = await this.#take(this.#place.artifacts);
    try {
      return file.open({ first: start, last: Math.min(end, this.size_bytes) - 1 });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #take(artifacts: ArtifactRepository): Promise<StoredFile> {
    const found = this.#found;
    this.#found = undefined;
    if (found !== undefined) return found;
    const again = await artifacts.find(this.#place.path);
    // A log that has grown still begins as it did; what is shorter is another file.
    if (again.size_bytes >= this.size_bytes) return again;
    await again.close();
    throw changed(this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const found = this.#found;
    this.#found = undefined;
    await found?.close();
  }
}

const tooSlow = (path: string) =>
  new MlflowError(
    'TEMPORARILY_UNAVAILABLE',
    `The store did not deliver a part of '${path}' within ${MOST_TIME_MS / 1000} seconds. Try again later.`,
  );

const changed = (path: string) =>
  unreadable(path, 'it became another file while it was read. Ask again from the beginning');
