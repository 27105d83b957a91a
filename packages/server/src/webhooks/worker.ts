import { randomUUID } from 'node:crypto';
import type { Store } from '@bitacora/db';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock, Random, WebhookSettings } from '../deps.ts';
import { POLL_MS, QueueLoop } from '../queues/queue-loop.ts';
import * as queries from './delivery-queries.ts';
import { goneBefore, judge } from './retries.ts';
import { type Letter, type Sender, send } from './send.ts';

export interface WorkerOptions extends Sender {
  readonly store: Pick<Store, 'db' | 'write'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: WebhookSettings;
  readonly log: Pick<FastifyBaseLogger, 'warn' | 'error'>;
  /** How long attempts under way may take at the end of the server. */
  readonly grace_ms?: number;
}

/** A claim outlives the attempt it is for by this much, in which the outcome is written down. */
const CLAIM_MARGIN_MS = 10_000;

/** The end of the server waits so long for attempts under way. */
const GRACE_MS = 5_000;

/** The log goes back so far. */
const KEPT_MS = 30 * 24 * 3_600_000;
const PRUNE_MS = 3_600_000;
const PRUNED_AT_A_TIME = 1_000;

/**
 * Sends what is queued. Any number of servers may share a queue: each claims what it sends for a limited time, so that
 * what a server held when it died is sent by the next. A delivery can thus arrive twice, always under the same id, and
 * none is lost.
 */
export class DeliveryWorker {
  readonly #options: WorkerOptions;
  readonly #claimant = randomUUID();
  /** What is being sent, with the webhook of each. */
  readonly #inFlight = new Map<string, { readonly webhook_id: string; readonly ended: Promise<void> }>();
  /** How many have been begun so far. */
  #begun = 0;
  readonly #closing = new AbortController();
  readonly #loop: QueueLoop;
  #pruning: NodeJS.Timeout | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#loop = new QueueLoop({
      fill: () => this.#fill(),
      untilNext: () => this.#untilNext(),
      onError: (error) =>
        options.log.error({ err: error }, 'The queue of webhook deliveries could not be read.'),
    });
  }

  start(): void {
    this.#pruning = setInterval(() => this.#report(this.prune()), PRUNE_MS).unref();
    this.#report(this.prune());
    this.#loop.start();
  }

  /** Something may be due. */
  wake(): void {
    this.#loop.wake();
  }

  /** `write`, which wakes the worker once a transaction is committed in which `wakeDeliveries` was called. */
  afterCommit(write: Store['write']): {
    readonly write: Store['write'];
    readonly wakeDeliveries: () => void;
  } {
    const { noteQueued, ...committing } = this.#loop.afterCommit(write);
    return { ...committing, wakeDeliveries: noteQueued };
  }

  /** Sends all that is due now and resolves when it has been sent. */
  async sendDue(): Promise<void> {
    for (;;) {
      const begun = this.#begun;
      await this.#allEnded();
      await this.#loop.look();
      // A look while others were under way may have left what is due to a receiver that had its share of the workers.
      if (this.#begun === begun) return;
    }
  }

  /** Lets attempts under way end, and gives back what does not in time. */
  async close(): Promise<void> {
    clearInterval(this.#pruning);
    await this.#loop.close();
    if (this.#inFlight.size === 0) return;
    const grace = setTimeout(() => this.#closing.abort(), this.#options.grace_ms ?? GRACE_MS);
    await this.#allEnded();
    clearTimeout(grace);
    await this.#options.store
      .write((tx) => queries.releaseClaims(tx, this.#claimant))
      // Then they wait until their claims have run out.
      .catch((error: unknown) =>
        this.#options.log.error({ err: error }, 'Webhook deliveries could not be given back.'),
      );
  }

  /** Removes what is older than the log goes back, whatever became of it. */
  async prune(): Promise<void> {
    const { store, clock } = this.#options;
    for (;;) {
      const old = await queries.listOlder(store.db, clock.nowMs() - KEPT_MS, PRUNED_AT_A_TIME);
      if (old.length === 0) return;
      await store.write((tx) =>
        queries.deleteDeliveries(
          tx,
          old.map(({ delivery_id }) => delivery_id),
        ),
      );
      if (old.length < PRUNED_AT_A_TIME || this.#loop.isClosed) return;
    }
  }

  /** Claims and begins to send as much as there is room for. */
  async #fill(): Promise<void> {
    const { store, clock, settings } = this.#options;
    while (!this.#loop.isClosed) {
      const room = settings.maxWorkers - this.#inFlight.size;
      if (room <= 0) return;
      const nowMs = clock.nowMs();
      const due = await queries.listDue(store.db, nowMs, this.#busyWebhooks(), room);
      const wanted = this.#withinShares(due);
      if (wanted.length === 0) return;
      const until = nowMs + settings.timeout_ms + CLAIM_MARGIN_MS;
      const claimed = await store.write((tx) =>
        queries.claim(tx, wanted, { claimant: this.#claimant, nowMs, until }),
      );
      for (const delivery of claimed) this.#begin(delivery);
    }
  }

  /** A receiver that hangs holds half of the workers at most, so that others go on being served. */
  get #share(): number {
    return Math.max(1, Math.ceil(this.#options.settings.maxWorkers / 2));
  }

  async #allEnded(): Promise<void> {
    await Promise.all([...this.#inFlight.values()].map(({ ended }) => ended));
  }

  #counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { webhook_id } of this.#inFlight.values())
      counts.set(webhook_id, (counts.get(webhook_id) ?? 0) + 1);
    return counts;
  }

  #busyWebhooks(): string[] {
    return [...this.#counts()].filter(([, count]) => count >= this.#share).map(([webhook_id]) => webhook_id);
  }

  #withinShares(due: Awaited<ReturnType<typeof queries.listDue>>): string[] {
    const counts = this.#counts();
    return due
      .filter(({ delivery_id, webhook_id }) => {
        const count = counts.get(webhook_id) ?? 0;
        // Ours still, though its claim has expired: this process stood still for a while.
        if (count >= this.#share || this.#inFlight.has(delivery_id)) return false;
        counts.set(webhook_id, count + 1);
        return true;
      })
      .map(({ delivery_id }) => delivery_id);
  }

  #begin(delivery: queries.Claimed): void {
    this.#begun++;
    const { delivery_id, webhook_id } = delivery;
    const ended = this.#deliver(delivery)
      .catch((error: unknown) => {
        // Its claim expires, and it is sent again: whether it arrived is not known.
        this.#options.log.error({ err: error, delivery_id }, 'A webhook delivery could not be recorded.');
      })
      .finally(() => {
        this.#inFlight.delete(delivery_id);
        this.#loop.wake();
      });
    this.#inFlight.set(delivery_id, { webhook_id, ended });
  }

  async #deliver({ delivery_id, webhook_id, url, secret, body, attempts }: queries.Claimed): Promise<void> {
    const { store, log } = this.#options;
    const outcome =
      url === null ? goneBefore(attempts) : await this.#attempt({ delivery_id, url, secret, body }, attempts);
    if (outcome === undefined) return;
    await store.write((tx) => queries.recordOutcome(tx, delivery_id, this.#claimant, outcome));
    if (outcome.status === 'FAILED')
      log.warn(
        { delivery_id, webhook_id, reason: outcome.error_message },
        'A webhook delivery was given up.',
      );
  }

  /** @returns undefined for an attempt that the end of the server cut off: the delivery is given back as it was. */
  async #attempt(letter: Letter, attempts: number): Promise<queries.Outcome | undefined> {
    const { clock, random, settings } = this.#options;
    const attempt = await send(this.#options, letter, clock.nowMs(), this.#closing.signal);
    if (attempt.kind === 'failed' && this.#closing.signal.aborted) return undefined;
    return judge(attempt, attempts, { maxRetries: settings.maxRetries, random, nowMs: clock.nowMs() });
  }

  /** Milliseconds until it pays to look again. */
  async #untilNext(): Promise<number> {
    const { store, clock } = this.#options;
    const next = await queries.findNextDue(store.db);
    if (next === undefined) return POLL_MS;
    // What is due already waits for a place, and an attempt that ends wakes us.
    const wait = next - clock.nowMs();
    return wait <= 0 ? POLL_MS : Math.min(wait, POLL_MS);
  }

  #report(work: Promise<void>): void {
    work.catch((error: unknown) =>
      this.#options.log.error({ err: error }, 'Old webhook deliveries could not be removed.'),
    );
  }
}
