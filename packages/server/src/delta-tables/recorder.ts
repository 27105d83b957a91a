import { randomUUID } from 'node:crypto';
import type { Store, Tx } from '@bitacora/db';
import type { Moment } from '@bitacora/delta';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock, Settings } from '../deps.ts';
import { POLL_MS, QueueLoop } from '../queues/queue-loop.ts';
import { type KnownVersion, LOOK_MS, type Sight, type TableLook } from './look.ts';
import { noteDeltaInput } from './notes.ts';
import { type Failure, failed, failureOf, judge } from './outcomes.ts';
import { findTable } from './place.ts';
import * as queries from './queries.ts';
import * as queue from './queue-queries.ts';
import * as shared from './shared-rows.ts';
import { DELTA_TABLE } from './source.ts';

export interface RecorderOptions {
  readonly store: Pick<Store, 'db' | 'write' | 'hasNews'>;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'deltaTableLocations' | 'workspacesEnabled' | 'artifactReach'>;
  /** Looks at a table in a process that may take its time. */
  readonly look: (look: TableLook) => Promise<Sight>;
  readonly log: Pick<FastifyBaseLogger, 'warn' | 'error'>;
}

/** A claim outlives the look at the table by this much, in which the outcome is written down. */
const CLAIM_MS = LOOK_MS + 20_000;
/** Tables that are opened at a time; there are as many processes. */
export const TABLES_AT_ONCE = 2;
/** Inputs of one table that one look serves. */
const INPUTS_AT_ONCE = 20;

/** How often tables that runs have read are looked at. */
const CHECK_MS = 15 * 60_000;
/** One that could not be opened is left alone for longer. */
const CHECK_AGAIN_MS = 6 * 3_600_000;
const CHECKED_AT_ONCE = 20;
/** How often it is looked for such tables, for inputs that others have recorded, and for what nobody uses any more. */
const TIDY_MS = 60_000;
const ADOPTED_AT_ONCE = 500;

/**
 * Records the snapshots that runs have read. What is to be recorded waits in the database, so that any number of servers
 * share the work, and none is lost when one dies: each claims what it does for a limited time.
 */
export class SnapshotRecorder {
  readonly #options: RecorderOptions;
  readonly #claimant = randomUUID();
  /** Tables that are being opened. */
  readonly #open = new Map<string, Promise<void>>();
  readonly #loop: QueueLoop;
  #tidying: NodeJS.Timeout | undefined;
  #tidy: Promise<void> | undefined;
  /** Others may have written what has not been looked at yet; those before this server began certainly have. */
  #hasNews = true;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#loop = new QueueLoop({
      fill: () => this.#fill(),
      untilNext: () => this.#untilNext(),
      onError: (error) =>
        options.log.error({ err: error }, 'The queue of Delta snapshots could not be read.'),
    });
  }

  start(): void {
    const tidy = () => {
      this.#tidy ??= this.tidy()
        .catch((error: unknown) =>
          this.#options.log.error(
            { err: error },
            'Delta tables that runs have read could not be looked after.',
          ),
        )
        .finally(() => {
          this.#tidy = undefined;
        });
    };
    this.#tidying = setInterval(tidy, TIDY_MS).unref();
    tidy();
    this.#loop.start();
  }

  /** Something may be due. */
  wake(): void {
    this.#loop.wake();
  }

  /** `write`, which wakes the recorder once a transaction is committed in which `wakeRecorder` was called. */
  afterCommit(write: Store['write']): { readonly write: Store['write']; readonly wakeRecorder: () => void } {
    const { noteQueued, ...committing } = this.#loop.afterCommit(write);
    return { ...committing, wakeRecorder: noteQueued };
  }

  /** Records all that is due now and resolves when it is done. */
  async recordDue(): Promise<void> {
    for (;;) {
      await this.#loop.look();
      if (this.#open.size === 0) return;
      await Promise.all(this.#open.values());
    }
  }

  /** Looks at the table of an input now, and tries to record its snapshot where there is none. What goes wrong is written down. */
  async refreshInput(input: queries.DeltaInputView): Promise<void> {
    const { location_id, latest_version, latest_timestamp, snapshot_id } = input;
    const isOpenable = input.location !== '';
    const wanted = snapshot_id === null && isOpenable ? [{ ...input, attempts: 0 }] : [];
    await this.#look(input, wanted, knownOf(latest_version, latest_timestamp)).catch((error: unknown) =>
      this.#report(error, location_id),
    );
  }

  /** Notes inputs that others have recorded, looks at tables in use, and forgets what nobody uses. */
  async tidy(): Promise<void> {
    const { store, clock } = this.#options;
    // Looking for what others have done walks over all inputs.
    if (store.hasNews?.() ?? true) this.#hasNews = true;
    if (this.#hasNews) await this.#adopt();
    const nowMs = clock.nowMs();
    for (const table of await queries.listStale(store.db, nowMs, CHECKED_AT_ONCE)) {
      if (this.#loop.isClosed) return;
      const { location_id, latest_version, latest_timestamp } = table;
      const isOurs = await store.write((tx) => queries.claimTable(tx, location_id, nowMs, nowMs + CHECK_MS));
      if (!isOurs) continue;
      await this.#look(table, [], knownOf(latest_version, latest_timestamp)).catch((error: unknown) =>
        this.#report(error, location_id),
      );
    }
    if (this.#hasNews) await this.#forget();
    this.#hasNews = false;
  }

  /** Begins nothing new, and gives back what is under way: those who read may be ended then. */
  async close(): Promise<void> {
    clearInterval(this.#tidying);
    await Promise.all([this.#loop.close(), this.#tidy]);
    if (this.#open.size === 0) return;
    // Reading goes on elsewhere: what was claimed is given back, and recorded by whoever is next.
    await this.#options.store
      .write((tx) => queue.releaseClaims(tx, this.#claimant))
      .catch((error: unknown) =>
        this.#options.log.error({ err: error }, 'Delta snapshots could not be given back.'),
      );
  }

  /** When nothing is under way any more: the store must not be closed before. */
  async ended(): Promise<void> {
    await Promise.all(this.#open.values());
  }

  /** Runs of file stores and of databases that others write to have inputs that were not logged here. */
  async #adopt(): Promise<void> {
    const { store } = this.#options;
    for (;;) {
      const rows = await queries.listUnnoted(store.db, DELTA_TABLE, ADOPTED_AT_ONCE);
      if (rows.length === 0) return;
      await store.write(async (tx) => {
        // Nobody knows when it was logged; the run began before.
        for (const { run_id, name, digest, dataset_source, start_time } of rows)
          await noteDeltaInput(tx, {
            run_id,
            name,
            digest,
            source: dataset_source,
            logged_timestamp: start_time ?? 0,
          });
      });
      this.#loop.wake();
      if (rows.length < ADOPTED_AT_ONCE || this.#loop.isClosed) return;
    }
  }

  /** What belongs to runs that are gone goes too, and then what no input refers to. */
  async #forget(): Promise<void> {
    const { store } = this.#options;
    const each = async (list: () => Promise<string[]>, drop: (tx: Tx, ids: string[]) => Promise<void>) => {
      for (let ids = await list(); ids.length > 0 && !this.#loop.isClosed; ids = await list())
        await store.write((tx) => drop(tx, ids));
    };
    await each(() => shared.listRunsGone(store.db), shared.deleteInputsOf);
    for (const table of shared.SHARED)
      await each(
        () => shared.listUnused(store.db, table),
        (tx, ids) => shared.dropUnused(tx, table, ids),
      );
  }

  /** Claims and begins to open as many tables as there is room for. */
  async #fill(): Promise<void> {
    const { store, clock } = this.#options;
    while (!this.#loop.isClosed && this.#open.size < TABLES_AT_ONCE) {
      const nowMs = clock.nowMs();
      const location_id = await queue.findDueTable(store.db, nowMs, [...this.#open.keys()]);
      if (location_id === undefined) return;
      const claim = { claimant: this.#claimant, nowMs, until: nowMs + CLAIM_MS };
      const inputs = await store.write((tx) => queue.claimDue(tx, location_id, claim, INPUTS_AT_ONCE));
      const [first] = inputs;
      if (first === undefined) continue;
      const done = this.#look(first, inputs, undefined)
        .catch((error: unknown) => this.#report(error, location_id))
        .finally(() => {
          this.#open.delete(location_id);
          this.#loop.wake();
        });
      this.#open.set(location_id, done);
    }
  }

  /** Opens a table, and writes down what was seen. @throws what it could not be opened for */
  async #look(
    { location_id, location }: Pick<queries.InUseRow, 'location_id' | 'location'>,
    inputs: readonly queue.QueuedInput[],
    known: KnownVersion | undefined,
  ): Promise<void> {
    const { store, clock, settings, look } = this.#options;
    let sight: Sight;
    try {
      const place = await findTable(settings, location);
      sight = await look({ place, moments: inputs.map(momentOf), known });
    } catch (error) {
      // The end of the server cut it off: it is left as it was.
      if (this.#loop.isClosed) return;
      await this.#recordFailure(location_id, inputs, failureOf(error));
      throw error;
    }
    const nowMs = clock.nowMs();
    const judged = inputs.map((input, at) => judge(input, sight.records[at]!, nowMs));
    const { version, timestamp_ms, table_id = null } = sight.latest;
    // The table and the snapshots before the inputs, as all take them.
    await store.write(async (tx) => {
      await queries.recordSeen(tx, {
        location_id,
        table_id,
        latest_version: version,
        latest_timestamp: timestamp_ms,
        checked_timestamp: nowMs,
        next_check_timestamp: nowMs + CHECK_MS,
      });
      await shared.ensureSnapshots(
        tx,
        judged.flatMap(({ snapshot }) => snapshot ?? []),
      );
      for (const { outcome } of judged) await queue.recordOutcome(tx, outcome);
    });
  }

  async #recordFailure(
    location_id: string,
    inputs: readonly queue.QueuedInput[],
    failure: Failure,
  ): Promise<void> {
    const { store, clock } = this.#options;
    const nowMs = clock.nowMs();
    await store.write(async (tx) => {
      await queries.recordUnseen(tx, {
        location_id,
        error_message: failure.message,
        checked_timestamp: nowMs,
        next_check_timestamp: nowMs + CHECK_AGAIN_MS,
      });
      for (const input of inputs) await queue.recordOutcome(tx, failed(input, failure, nowMs));
    });
  }

  #report(error: unknown, location_id: string): void {
    const { message, passes } = failureOf(error);
    // Tables that may not be read, or are none, are what callers name: the run says so.
    if (passes)
      this.#options.log.warn({ err: error, location_id }, `A Delta table could not be read: ${message}`);
  }

  /** Milliseconds until it pays to look again. */
  async #untilNext(): Promise<number> {
    const { store, clock } = this.#options;
    const next = await queue.findNextDue(store.db);
    if (next === undefined) return POLL_MS;
    // What is due already waits for a place, and a table that is done with wakes us.
    const wait = next - clock.nowMs();
    return wait <= 0 ? POLL_MS : Math.min(wait, POLL_MS);
  }
}

const momentOf = ({ named_version, logged_timestamp }: queue.QueuedInput): Moment =>
  named_version === null ? { timestamp_ms: Number(logged_timestamp) } : { version: Number(named_version) };

const knownOf = (
  version: queries.InUseRow['latest_version'],
  timestamp: queries.InUseRow['latest_timestamp'],
): KnownVersion | undefined =>
  version === null
    ? undefined
    : { version: Number(version), timestamp_ms: timestamp === null ? null : Number(timestamp) };
