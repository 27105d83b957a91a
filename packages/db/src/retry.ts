import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseUnavailable } from './handles.ts';

/** How work is done: with retries, or once. */
export type Attempts = <T>(attempt: () => Promise<T>) => Promise<T>;

export const once: Attempts = (attempt) => attempt();

/** How often a transaction that lost against another is tried, in all. */
const ATTEMPTS = 8;

/**
 * How long work waits for a server that is away, in milliseconds. A restart or a failover within this time is a delay for
 * clients and no error: of MLflow's, those from 3.18 on do not try again to create what a 503 kept from them.
 */
const AWAY_TIME_MS = 5000;

/**
 * Does the work again when the engine gave it up in favour of another transaction (deadlock, serialization), or when the
 * connection broke before the commit: nothing of it was kept, and the next attempt starts from what is there by then.
 */
export async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + AWAY_TIME_MS;
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      const mayRetry = isLost(error) ? count < ATTEMPTS : isAway(error) && performance.now() < deadline;
      if (!mayRetry) throw error;
    }
    // A little longer each time and never twice the same, so that the same transactions do not meet again.
    await sleep(Math.min(Math.random() * 10 * 2 ** count, 500));
  }
}

const isLost = (error: unknown) => error instanceof DatabaseUnavailable && error.reason === 'conflict';

const isAway = (error: unknown) =>
  error instanceof DatabaseUnavailable && error.reason === 'connection' && !error.isUncertain;

/** What a commit that failed means: where it was its connection that broke, nobody knows whether it was carried out. */
export const uncommitted = (error: unknown): unknown =>
  error instanceof DatabaseUnavailable && error.reason === 'connection'
    ? new DatabaseUnavailable(
        'connection',
        'The connection to the database broke while this was being stored: it may be stored or not. Look before you send it again, where it must not be there twice.',
        { cause: error.cause, isUncertain: true },
      )
    : error;
