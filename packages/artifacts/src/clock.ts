/** Stores take requests that are dated up to 15 minutes off; what is answered late is no proof. */
const NEAR_MS = 4 * 60_000;

/**
 * How the clock of this server differs from a store's, as a sentence goes on that begins with the store.
 *
 * @param date of the store's answer, as in its header; absent or near, there is nothing to say.
 */
export function clockApart(date: string | null | undefined): string | undefined {
  const ahead_ms = Date.now() - Date.parse(date ?? '');
  if (Number.isNaN(ahead_ms) || Math.abs(ahead_ms) < NEAR_MS) return undefined;
  const minutes = Math.round(Math.abs(ahead_ms) / 60_000);
  return `does not take the time of this server, whose clock is ${minutes} minutes ${ahead_ms > 0 ? 'ahead of' : 'behind'} the store's. Set the clock of this server`;
}

/** How long what was heard of a clock holds, in milliseconds; clocks drift by seconds in a day. */
const FRESH_MS = 5 * 60_000;

/** Clocks that are nearer count as one: a header has whole seconds, and is some old when it comes. */
const SAME_MS = 5_000;

/** How long the time is waited for. */
export const CLOCK_PATIENCE_MS = 5_000;

/** A store's own clock. It judges by it whether a signed URL has begun and when it ends. */
export class StoreClock {
  readonly #ask: () => Promise<string | null | undefined>;
  #ahead_ms = 0;
  #asked_ms = Number.NEGATIVE_INFINITY;
  #own_ms = 0;
  #asking: Promise<void> | undefined;

  /** @param ask for the date of any answer of the store, as in its header. */
  constructor(ask: () => Promise<string | null | undefined>) {
    this.#ask = ask;
  }

  /** In milliseconds since the epoch; by this server's clock where the store does not say. */
  async now(): Promise<number> {
    if (!this.#isFresh()) {
      this.#asking ??= this.#listen();
      await this.#asking;
      this.#asking = undefined;
    }
    return Date.now() + this.#ahead_ms;
  }

  /** What was heard says nothing any more once this server's clock has been set. */
  #isFresh(): boolean {
    const isRecent = performance.now() - this.#asked_ms < FRESH_MS;
    return isRecent && Math.abs(startedAt_ms() - this.#own_ms) < SAME_MS;
  }

  async #listen(): Promise<void> {
    // Whoever cannot be asked says nothing, and our own clock has to do.
    const date = await this.#ask().catch(() => undefined);
    const ahead_ms = Date.parse(date ?? '') - Date.now();
    this.#ahead_ms = Number.isNaN(ahead_ms) || Math.abs(ahead_ms) < SAME_MS ? 0 : ahead_ms;
    this.#asked_ms = performance.now();
    this.#own_ms = startedAt_ms();
  }
}

/** Where this server's clock stood when the process began: another number whenever the clock has been set. */
const startedAt_ms = () => Date.now() - performance.now();
