import { DatabaseUnavailable, type Tx } from '../handles.ts';
import { translate } from './errors.ts';
import type { Transaction } from './transaction.ts';

type Work = (tx: Tx) => Promise<unknown>;

interface Pending {
  readonly work: Work;
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

/** So many pieces of work share a transaction at most. */
const MOST_TOGETHER = 64;

/**
 * One transaction at a time, so that two of them never wait for each other's rows; but where one waits for another
 * program's, in milliseconds, what comes next does not wait with it.
 */
const PATIENCE_MS = 50;
const MOST_TRANSACTIONS = 4;

/**
 * Group commit for work that commutes: all that arrives while one transaction is under way shares the next. Their
 * statements are sent as they come, without waiting for each other's answers, so that for many callers the engine has a
 * third of the work. When a piece fails that has written, or any statement does, nothing is kept of them all, and each
 * is done by itself.
 */
export class SharedWrites {
  readonly #begin: () => Promise<Transaction>;
  readonly #alone: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  #waiting: Pending[] = [];
  #underWay = 0;
  #begunAt = 0;

  /** @param alone does a piece of work in a transaction of its own, as often as it takes. */
  constructor(begin: () => Promise<Transaction>, alone: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>) {
    this.#begin = begin;
    this.#alone = alone;
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      const isStuck = performance.now() - this.#begunAt > PATIENCE_MS;
      if (this.#underWay === 0 || isStuck) this.#start();
    });
  }

  #start(): void {
    if (this.#underWay >= MOST_TRANSACTIONS) return;
    this.#underWay++;
    this.#begunAt = performance.now();
    // What else arrives in this turn of the event loop comes along.
    setImmediate(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MOST_TOGETHER);
      this.#begunAt = performance.now();
      const impatience = setTimeout(() => this.#waiting.length > 0 && this.#start(), PATIENCE_MS);
      await this.#commitGroup(group);
      clearTimeout(impatience);
    }
    this.#underWay--;
  }

  /** Never rejects: each piece of work is told of its own end. */
  async #commitGroup(group: readonly Pending[]): Promise<void> {
    try {
      if (group.length > 1 && (await this.#together(group))) return;
    } catch (error) {
      // Done again, it might be there twice.
      if (error instanceof DatabaseUnavailable && error.isUncertain) {
        for (const { reject } of group) reject(error);
        return;
      }
    }
    const redo = ({ work, resolve, reject }: Pending) =>
      this.#alone(work).then((value) => resolve(value as never), reject);
    await Promise.all(group.map(redo));
  }

  /** @returns false where nothing was kept. */
  async #together(group: readonly Pending[]): Promise<boolean> {
    const transaction = await this.#begin();
    const done = await Promise.all(
      group.map(async (pending) => {
        const session = transaction.session();
        const [outcome] = await Promise.allSettled([(async () => pending.work(session))()]);
        return { pending, session, outcome };
      }),
    );
    const isWhole = done.every(
      ({ session, outcome }) => !session.hasFailed && (outcome.status === 'fulfilled' || !session.hasWritten),
    );
    if (!isWhole) {
      await transaction.undo();
      for (const { outcome } of done) if (isUncertain(outcome)) throw outcome.reason;
      return false;
    }
    await transaction.commit();
    for (const { pending, outcome } of done) {
      if (outcome.status === 'fulfilled') pending.resolve(outcome.value as never);
      else pending.reject(translate(outcome.reason));
    }
    return true;
  }
}

const isUncertain = (outcome: PromiseSettledResult<unknown>): outcome is PromiseRejectedResult =>
  outcome.status === 'rejected' &&
  outcome.reason instanceof DatabaseUnavailable &&
  outcome.reason.isUncertain;
