import { setTimeout as sleep } from 'node:timers/promises';

/** How often a transaction that lost against another is tried, in all. */
const ATTEMPTS = 8;

/**
 * Does the work again when the engine gave it up in favour of another transaction (deadlock, serialization): nothing
 * of it was kept, and the next attempt finds the other's work done.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  lostAgainstAnother: (error: unknown) => boolean,
): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (count >= ATTEMPTS || !lostAgainstAnother(error)) throw error;
    }
    // A little longer each time and never twice the same, so that the same transactions do not meet again.
    await sleep(Math.random() * 10 * 2 ** count);
  }
}
