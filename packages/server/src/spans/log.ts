import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Tx, together } from '@bitacora/db';
import { type Int64, MlflowError, notFound } from '@bitacora/protocol';
import { setTraceTimestamp } from '../assessments/service.ts';
import type { Deps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { requireActive } from '../experiments/service.ts';
import { linkExported } from '../traces/links.ts';
import {
  advanceGenerations,
  insertTraces,
  listTraceMetadata,
  listTraces,
  lockTraces,
  TRACE_METADATA,
  TRACE_TAG,
  type TraceRow,
  traceArtifactLocation,
  updateTrace,
  upsertTraceMetadata,
  upsertTraceTags,
} from '../traces/service.ts';
import type { Scope } from '../workspaces/scope.ts';
import { mergedColumns, newTraceRow } from './header.ts';
import type { PreparedTrace } from './prepare.ts';
import { type SpansOfTrace, upsertSpans } from './queries.ts';
import { addStoredNodes } from './stored-nodes.ts';

type LogDeps = Pick<Deps, 'write' | 'scope' | 'random' | 'clock'>;

/** Where an exporter says that its spans belong. */
export interface Destination {
  readonly experiment_id: string;
  /** The traces whose root is there are linked to it. */
  readonly run_id?: string | undefined;
}

/** Another writer made the header of a trace between our looking for it and making it. */
class TraceAppeared extends Error {
  override readonly name = 'TraceAppeared';
}

/** Headers of traces that are written together: some milliseconds of work. */
const TRACES_AT_ONCE = 50;

/** How often a write begins anew because another made the same trace meanwhile. Each time fewer are left to be made. */
const ATTEMPTS = 10;

/**
 * Stores the spans of some traces, all or nothing, and works out from them what the headers of the traces say. A trace
 * that does not exist is made in the experiment; one that does stays where it is.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE or RESOURCE_DOES_NOT_EXIST for the experiment, RESOURCE_DOES_NOT_EXIST for
 * a trace of another workspace, INVALID_STATE for one whose spans are no longer in the database.
 */
export async function logSpans(
  deps: LogDeps,
  destination: Destination,
  traces: readonly PreparedTrace[],
): Promise<void> {
  if (traces.length === 0) return;
  for (let attempt = 1; ; attempt++) {
    try {
      return await deps.write((tx) => writeTraces(tx, deps, destination, traces));
    } catch (error) {
      if (!(error instanceof TraceAppeared) || attempt >= ATTEMPTS) throw error;
    }
  }
}

/**
 * A few at a time, and in the order of their ids, in which every writer takes the locks. On SQLite this runs on the
 * thread that answers everyone, who get their turn in between.
 */
async function writeTraces(
  tx: Tx,
  deps: LogDeps,
  destination: Destination,
  traces: readonly PreparedTrace[],
): Promise<void> {
  const sorted = traces.toSorted((left, right) => (left.trace_id < right.trace_id ? -1 : 1));
  for (let start = 0; start < sorted.length; start += TRACES_AT_ONCE) {
    if (start > 0) await nextTurn();
    await writePortion(tx, deps, destination, sorted.slice(start, start + TRACES_AT_ONCE));
  }
}

async function writePortion(
  tx: Tx,
  deps: LogDeps,
  { experiment_id, run_id }: Destination,
  traces: readonly PreparedTrace[],
): Promise<void> {
  const { scope } = deps;
  const ids = traces.map(({ trace_id }) => trace_id);
  const { existing, place } = await lookUp(tx, scope, experiment_id, ids);
  await requireOwn(tx, scope, [...existing.keys()]);
  const fresh = traces.filter(({ trace_id }) => !existing.has(trace_id));
  const known = traces.filter(({ trace_id }) => existing.has(trace_id));
  // MLflow does not look at the experiment either when it needs none.
  const created = fresh.length === 0 ? NOWHERE : place();
  const spans = traces.map((trace): SpansOfTrace => {
    const row = existing.get(trace.trace_id);
    return { trace, experiment_id: row?.experiment_id ?? created.experiment_id, isNew: row === undefined };
  });
  const tags = traces.flatMap(({ trace_id: request_id, tags }) => [
    ...(existing.has(request_id)
      ? []
      : [
          {
            request_id,
            key: TRACE_TAG.artifactLocation,
            value: traceArtifactLocation(created.location, request_id),
          },
        ]),
    { request_id, key: TRACE_TAG.spansLocation, value: 'TRACKING_STORE' },
    ...[...tags].map(([key, value]) => ({ request_id, key, value })),
  ]);
  if (known.length === 0) {
    await together(tx, [
      () => createTraces(tx, created.experiment_id, fresh),
      () => upsertSpans(tx, spans),
      () => mergeUsers(tx, traces, existing),
      () => upsertTraceTags(tx, tags),
    ]);
  } else {
    // What is there already is read and then changed, and counted last.
    await createTraces(tx, created.experiment_id, fresh);
    await upsertSpans(tx, spans);
    await mergeHeaders(tx, existing, known);
    await mergeUsers(tx, traces, existing);
    await countWrite(tx, [...existing.keys()]);
    await upsertTraceTags(tx, tags);
  }
  if (run_id !== undefined) {
    const ended = traces.filter(({ status }) => status !== null).map(({ trace_id }) => trace_id);
    await linkExported(tx, deps, ended, run_id);
  }
}

async function requireOwn(tx: Tx, scope: Scope, ids: readonly string[]): Promise<void> {
  if (!scope.isolated || ids.length === 0) return;
  const own = new Set((await listTraces(tx, scope, ids)).map(({ request_id }) => request_id));
  const foreign = ids.find((id) => !own.has(id));
  if (foreign !== undefined) throw notFound('trace', foreign);
}

interface Created {
  readonly experiment_id: Int64;
  /** Where the artifacts of the experiment are. */
  readonly location: string;
}

const NOWHERE: Created = { experiment_id: 0, location: '' };

interface LookedUp {
  readonly existing: ReadonlyMap<string, TraceRow>;
  /** Where traces that do not exist are made. @throws MlflowError for what is wrong with the experiment. */
  readonly place: () => Created;
}

/** Which of the traces exist, held, and the experiment: asked for in one trip where that saves one, as most are new. */
async function lookUp(
  tx: Tx,
  scope: Scope,
  experiment_id: string,
  ids: readonly string[],
): Promise<LookedUp> {
  let locked: readonly TraceRow[] = [];
  let place = () => NOWHERE;
  await together(tx, [
    async () => {
      locked = await lockTraces(tx, ids);
    },
    async () => {
      if (locked.length === ids.length) return;
      place = await findPlace(tx, scope, experiment_id).then(
        (found) => () => found,
        (error: unknown) => () => {
          throw error;
        },
      );
    },
  ]);
  return { existing: new Map(locked.map((row) => [row.request_id, row])), place };
}

async function findPlace(tx: Tx, scope: Scope, experimentId: string): Promise<Created> {
  const experiment_id = parseExperimentId(experimentId);
  return { experiment_id, location: await requireActive(tx, scope, experiment_id) };
}

/** @throws TraceAppeared */
async function createTraces(tx: Tx, experiment_id: Int64, traces: readonly PreparedTrace[]): Promise<void> {
  const rows = traces.map((trace) => newTraceRow(trace, experiment_id));
  if (rows.length > 0 && (await insertTraces(tx, rows, 1)) !== rows.length) throw new TraceAppeared();
}

async function mergeHeaders(
  tx: Tx,
  existing: ReadonlyMap<string, TraceRow>,
  traces: readonly PreparedTrace[],
): Promise<void> {
  const ids = traces.map(({ trace_id }) => trace_id);
  const finalized = new Set(
    (await listTraceMetadata(tx, ids))
      .filter(({ key }) => key === TRACE_METADATA.infoFinalized)
      .map(({ request_id }) => request_id),
  );
  const complete = await addStoredNodes(tx, traces);
  for (const trace of complete) {
    const row = existing.get(trace.trace_id)!;
    const columns = mergedColumns(row, trace, finalized.has(trace.trace_id));
    await updateTrace(tx, trace.trace_id, columns);
    if (columns.timestamp_ms !== undefined && columns.timestamp_ms !== row.timestamp_ms)
      await setTraceTimestamp(tx, trace.trace_id, columns.timestamp_ms);
  }
}

/** Whose trace it is, told once. */
async function mergeUsers(
  tx: Tx,
  traces: readonly PreparedTrace[],
  existing: ReadonlyMap<string, TraceRow>,
): Promise<void> {
  const told = traces.filter(({ user_id }) => user_id !== null);
  const old = told.flatMap(({ trace_id }) => (existing.has(trace_id) ? [trace_id] : []));
  const known = new Set(
    (old.length === 0 ? [] : await listTraceMetadata(tx, old))
      .filter(({ key }) => key === TRACE_METADATA.user)
      .map(({ request_id }) => request_id),
  );
  const rows = told
    .filter(({ trace_id }) => !known.has(trace_id))
    .map(({ trace_id, user_id }) => ({ request_id: trace_id, key: TRACE_METADATA.user, value: user_id }));
  if (rows.length > 0) await upsertTraceMetadata(tx, rows);
}

/** Comes last: a trace that was archived meanwhile is not counted, and then nothing of the transaction is kept. */
async function countWrite(tx: Tx, ids: readonly string[]): Promise<void> {
  if ((await advanceGenerations(tx, ids)) !== ids.length) throw outsideDatabase(ids);
}

const outsideDatabase = (ids: readonly string[]) =>
  new MlflowError(
    'INVALID_STATE',
    `The spans of ${ids.length === 1 ? `the trace '${ids[0]}' are` : 'some of these traces are'} kept outside the database, so none can be added.`,
  );
