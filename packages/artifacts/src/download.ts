import { Readable } from 'node:stream';
import { ArtifactError } from './error.ts';
import { countPassed } from './garbage.ts';

/** What a checksum is made with, as `crypto.createHash` makes them. */
export interface Checksum {
  update(bytes: Buffer): unknown;
  digest(): Uint8Array;
}

/** What a store answers. */
export interface Answer {
  readonly body: Readable;
  /** Of all that comes. */
  readonly check?: { readonly checksum: Checksum; readonly expected: Uint8Array } | undefined;
}

export interface DownloadOptions {
  /** Makes the error for the reader, of whatever the store or its silence throws. */
  readonly translate?: (error: Error) => Error;
  /** How long the store may say nothing while it is waited for. Absent where its client sees to that. */
  readonly silence?: { readonly ms: number; readonly from: 'request' | 'answer' };
}

/**
 * A file on its way from a store. It is asked for when it is first read, and given up when nobody wants it any more. What
 * the store sends is handed on in the same turn, without a promise for each piece.
 *
 * A reader may take all the time that it wants: a timeout of the socket would count that too.
 */
export class Download extends Readable {
  readonly #begin: (signal: AbortSignal) => Promise<Answer | undefined>;
  readonly #translate: (error: Error) => Error;
  readonly #silence: DownloadOptions['silence'];
  readonly #gone = new AbortController();
  #isBegun = false;
  #body: Readable | undefined;
  #check: Answer['check'];
  /** The last that came, until all is known to be right: who waits for it then learns that it is not. */
  #held: Buffer | undefined;
  #isWaited = false;
  #isEnded = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param begin asks the store; undefined when there is nothing. */
  constructor(
    begin: (signal: AbortSignal) => Promise<Answer | undefined>,
    { translate = (error) => error, silence }: DownloadOptions = {},
  ) {
    super();
    this.#begin = begin;
    this.#translate = translate;
    this.#silence = silence;
  }

  override _read(): void {
    if (!this.#isBegun) {
      this.#isBegun = true;
      if (this.#silence?.from === 'request') this.#wait();
      this.#begin(this.#gone.signal).then(
        (answer) => this.#follow(answer),
        (error: unknown) => this.#fail(error),
      );
    } else if (this.#body && !this.#isWaited) {
      this.#wait();
      this.#body.resume();
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    if (!this.#isEnded) {
      this.#gone.abort();
      this.#body?.destroy();
    }
    done(error);
  }

  #follow(answer: Answer | undefined): void {
    const body = answer?.body;
    // What becomes of one that nobody wants any more is nobody's matter.
    body?.on('error', (error) => this.#fail(error));
    if (this.destroyed) {
      body?.destroy();
      return;
    }
    if (!body) {
      this.#end();
      return;
    }
    this.#body = body;
    this.#check = answer.check;
    this.#wait();
    body
      .on('data', (bytes: Buffer) => this.#pass(bytes))
      .on('end', () => this.#end())
      .on('close', () => {
        if (!this.#isEnded) this.#fail(brokenOff());
      });
  }

  #pass(bytes: Buffer): void {
    countPassed(bytes.length);
    let next: Buffer | undefined = bytes;
    if (this.#check) {
      this.#check.checksum.update(bytes);
      next = this.#held;
      this.#held = bytes;
    }
    if (next === undefined || this.push(next)) {
      this.#timer?.refresh();
    } else {
      this.#isWaited = false;
      this.#body?.pause();
    }
  }

  #end(): void {
    this.#isWaited = false;
    this.#isEnded = true;
    if (this.#check) {
      const { checksum, expected } = this.#check;
      if (!Buffer.from(checksum.digest()).equals(expected)) {
        this.destroy(otherBytes());
        return;
      }
      if (this.#held) this.push(this.#held);
      this.#held = undefined;
    }
    this.push(null);
  }

  #wait(): void {
    this.#isWaited = true;
    const { ms } = this.#silence ?? {};
    if (ms === undefined) return;
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.#isWaited && this.#fail(silent(ms)), ms);
  }

  #fail(error: unknown): void {
    if (!this.destroyed)
      this.destroy(this.#translate(error instanceof Error ? error : new Error(String(error))));
  }
}

const silent = (ms: number) => Object.assign(new Error(`Nothing came for ${ms} ms.`), { code: 'ETIMEDOUT' });

const brokenOff = () =>
  Object.assign(new Error('It ended before all had come.'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });

const otherBytes = () =>
  new ArtifactError(
    'unavailable',
    'The artifact store sent other bytes than it has the checksum of. Read it again.',
  );
