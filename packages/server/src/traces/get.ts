import { setTimeout as sleep } from 'node:timers/promises';
import {
  type batchGetTraceInfos,
  type batchGetTraces,
  type getTrace,
  type getTraceInfoV3,
  type Input,
  invalidParameter,
  MlflowError,
  notFound,
  type Trace,
  type TraceInfo,
} from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { listSpans } from '../spans/service.ts';
import { TRACE_METADATA, TRACE_TAG } from './keys.ts';
import { findSpanState, findTrace, listTraces, type TraceRow } from './queries.ts';
import { loadSpans } from './span-source.ts';
import { loadTraceInfos, toTraceInfos } from './trace-info.ts';

/** MLflow's client asks for at most 100 at a time; a page of a search has 500. */
const MOST_TRACES = 1000;

export async function getInfo(
  { db, scope }: Pick<ReadDeps, 'db' | 'scope'>,
  { trace_id }: Input<typeof getTraceInfoV3>,
): Promise<{ trace: Trace }> {
  const row = await findTrace(db, scope, trace_id);
  if (!row) throw notFound('trace', trace_id);
  const [trace_info] = await toTraceInfos(db, [row]);
  return { trace: { trace_info: trace_info! } };
}

/** Whether all spans that the header announces are there, or elsewhere than in the database, or nobody asks for all. */
export function hasAllSpans(
  { trace }: { readonly trace: Trace },
  { allow_partial }: Input<typeof getTrace>,
): boolean {
  const { tags, trace_metadata }: TraceInfo = trace.trace_info ?? {};
  if (allow_partial || tags?.[TRACE_TAG.spansLocation] !== 'TRACKING_STORE') return true;
  return (trace.spans?.length ?? 0) >= Math.max(1, announced(trace_metadata?.[TRACE_METADATA.sizeStats]));
}

/** As long as MLflow waits for spans that are announced, in milliseconds. */
const PATIENCE_MS = 3000;

/**
 * Resolves when the spans that the header announces are there: clients export spans and header apart, and ask for the
 * trace at once.
 *
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST for a trace that is unknown, or still not complete after 3 seconds.
 */
export async function awaitSpans(
  { db, scope }: Pick<ReadDeps, 'db' | 'scope'>,
  { trace_id, allow_partial }: Input<typeof getTrace>,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let wait = 50; ; wait = Math.min(wait * 2, 500)) {
    const state = await findSpanState(db, scope, trace_id);
    if (!state) throw notFound('trace', trace_id);
    if (allow_partial || state.spans_location !== 'TRACKING_STORE') return;
    if (state.stored >= Math.max(1, announced(state.size_stats))) return;
    if (performance.now() + wait > deadline) {
      throw new MlflowError(
        'RESOURCE_DOES_NOT_EXIST',
        `Trace with ID ${trace_id} is not fully exported yet, please try again later. Send allow_partial to get what there is.`,
      );
    }
    await sleep(wait);
  }
}

/** How many spans the client's statistics count; 0 where they cannot be read. */
export function announced(size_stats: string | null | undefined): number {
  try {
    const count = (JSON.parse(size_stats ?? '{}') as { num_spans?: unknown } | null)?.num_spans;
    return typeof count === 'number' ? count : 0;
  } catch {
    return 0;
  }
}

export async function get(deps: ReadDeps, { trace_id }: Input<typeof getTrace>): Promise<{ trace: Trace }> {
  const { db, scope } = deps;
  // All at once: where the database is on a server, each question by itself costs a round trip.
  const [row, toTraceInfo, spansOf] = await Promise.all([
    findTrace(db, scope, trace_id),
    loadTraceInfos(db, [trace_id]),
    listSpans(db, [trace_id]),
  ]);
  if (!row) throw notFound('trace', trace_id);
  const trace_info = toTraceInfo(row);
  const spans = (await loadSpans(deps, [trace_info], spansOf)).get(trace_id);
  if (spans instanceof Error) throw spans;
  return { trace: { trace_info, ...(spans?.length ? { spans } : {}) } };
}

/** A trace whose spans cannot be had is left out, as a search would otherwise fail for one of them. */
export async function batchGet(deps: ReadDeps, input: Input<typeof batchGetTraces>) {
  const infos = await toTraceInfos(deps.db, await listAsked(deps, input));
  const spansOf = await loadSpans(deps, infos);
  const traces = infos.flatMap((trace_info): Trace[] => {
    const spans = spansOf.get(trace_info.trace_id ?? '');
    // MLflow shows a trace whose archive has gone all the same; it is complete, and will not become more so.
    if (isGoneFromArchive(trace_info, spans)) return [{ trace_info }];
    if (spans === undefined || spans instanceof Error || spans.length === 0) return [];
    if (spans.length < announced(trace_info.trace_metadata?.[TRACE_METADATA.sizeStats])) return [];
    return [{ trace_info, spans }];
  });
  return traces.length === 0 ? {} : { traces };
}

const isGoneFromArchive = ({ tags }: TraceInfo, spans: unknown) =>
  tags?.[TRACE_TAG.spansLocation] === 'ARCHIVE_REPO' &&
  spans instanceof MlflowError &&
  spans.errorCode === 'RESOURCE_DOES_NOT_EXIST';

export async function batchGetInfos(deps: ReadDeps, input: Input<typeof batchGetTraceInfos>) {
  const trace_infos = await toTraceInfos(deps.db, await listAsked(deps, input));
  return trace_infos.length === 0 ? {} : { trace_infos };
}

/** In the order asked for; what is asked for twice comes once, where it stands last, as in MLflow. */
async function listAsked(
  { db, scope }: ReadDeps,
  { trace_ids, experiment_ids }: Input<typeof batchGetTraceInfos>,
): Promise<TraceRow[]> {
  if (trace_ids.length > MOST_TRACES) {
    throw invalidParameter(
      `'trace_ids' names ${trace_ids.length} traces, at most ${MOST_TRACES} are allowed. Ask in several requests.`,
    );
  }
  const within = experiment_ids && new Set(experiment_ids.map((id) => String(parseExperimentId(id))));
  const rows = new Map((await listTraces(db, scope, trace_ids)).map((row) => [row.request_id, row]));
  return [...new Set(trace_ids.toReversed())].reverse().flatMap((id) => {
    const row = rows.get(id);
    return row && (within?.has(String(row.experiment_id)) ?? true) ? [row] : [];
  });
}
