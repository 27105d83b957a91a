import { type Db, fromPromotedColumns, isPromotedMetadata } from '@bitacora/db';
import {
  type Assessment,
  type TraceInfo,
  type TraceInfoV2,
  type TraceState,
  type TraceStatus,
  toWireDuration,
  toWireTimestamp,
} from '@bitacora/protocol';
import { listAssessments } from '../assessments/service.ts';
import { TRACE_TAG } from './keys.ts';
import { listTraceMetadata, listTraceTags, type TraceRow } from './queries.ts';

interface Keyed {
  readonly request_id: string;
  readonly key: string;
  readonly value: string | null;
}

type Pair = readonly [key: string, value: string];

/** Tags and metadata of a trace as if none of them stood in columns. */
interface Pairs {
  readonly tags: readonly Pair[];
  readonly metadata: readonly Pair[];
}

/** What else there is about traces than their rows, in statements that may be asked together with those for the rows. */
async function listPairs(db: Db, trace_ids: readonly string[]): Promise<(row: TraceRow) => Pairs> {
  const [tags, metadata] = await Promise.all([
    listTraceTags(db, trace_ids),
    listTraceMetadata(db, trace_ids),
  ]);
  const tagsOf = byTrace(tags, (key) => key === TRACE_TAG.name);
  const metadataOf = byTrace(metadata, isPromotedMetadata);
  return (row) => {
    const ownTags = tagsOf.get(row.request_id) ?? [];
    if (row.trace_name !== null) ownTags.push([TRACE_TAG.name, row.trace_name]);
    const ownMetadata = metadataOf.get(row.request_id) ?? [];
    ownMetadata.push(...fromPromotedColumns(row));
    return { tags: ownTags, metadata: ownMetadata };
  };
}

/** In the order of their keys. */
function byTrace(rows: readonly Keyed[], hasColumn: (key: string) => boolean): Map<string, Pair[]> {
  const pairsOf = new Map<string, Pair[]>();
  for (const { request_id, key, value } of rows) {
    if (hasColumn(key)) continue;
    const pair: Pair = [key, value ?? ''];
    const pairs = pairsOf.get(request_id);
    if (pairs) pairs.push(pair);
    else pairsOf.set(request_id, [pair]);
  }
  for (const pairs of pairsOf.values()) pairs.sort((left, right) => (left[0] < right[0] ? -1 : 1));
  return pairsOf;
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Makes a row the header as it stands on the wire. */
type ToTraceInfo = (row: TraceRow) => TraceInfo;

/** Asks for what else the headers of traces need, which may be done before their rows are known. */
export async function loadTraceInfos(db: Db, trace_ids: readonly string[]): Promise<ToTraceInfo> {
  const [pairsOf, assessmentsOf] = await Promise.all([
    listPairs(db, trace_ids),
    listAssessments(db, trace_ids),
  ]);
  return (row) => toTraceInfo(row, pairsOf(row), assessmentsOf.get(row.request_id));
}

/** Rows to headers, in a handful of statements whatever their number. */
export async function toTraceInfos(db: Db, rows: readonly TraceRow[]): Promise<TraceInfo[]> {
  return rows.map(await loadTraceInfos(db, idsOf(rows)));
}

const idsOf = (rows: readonly TraceRow[]) => rows.map(({ request_id }) => request_id);

/** Field by field, not with `...`: a page of a hundred takes less than half the time. */
function toTraceInfo(row: TraceRow, { tags, metadata }: Pairs, assessments: readonly Assessment[] = []) {
  const info: Writable<TraceInfo> = { trace_id: row.request_id };
  if (row.client_request_id !== null) info.client_request_id = row.client_request_id;
  info.trace_location = {
    type: 'MLFLOW_EXPERIMENT',
    mlflow_experiment: { experiment_id: String(row.experiment_id) },
  };
  if (row.request_preview !== null) info.request_preview = row.request_preview;
  if (row.response_preview !== null) info.response_preview = row.response_preview;
  info.request_time = toWireTimestamp(row.timestamp_ms);
  if (row.execution_time_ms !== null) info.execution_duration = toWireDuration(row.execution_time_ms);
  info.state = row.status as TraceState;
  if (metadata.length > 0) info.trace_metadata = Object.fromEntries(metadata);
  if (assessments.length > 0) info.assessments = [...assessments];
  if (tags.length > 0) info.tags = Object.fromEntries(tags);
  return info;
}

/** The same in the older form, which has no previews and no assessments. */
export async function toTraceInfosV2(db: Db, rows: readonly TraceRow[]): Promise<TraceInfoV2[]> {
  const pairsOf = await listPairs(db, idsOf(rows));
  return rows.map((row) => {
    const { tags, metadata } = pairsOf(row);
    const info: Writable<TraceInfoV2> = {
      request_id: row.request_id,
      experiment_id: String(row.experiment_id),
      timestamp_ms: row.timestamp_ms,
      execution_time_ms: row.execution_time_ms ?? 0,
      // The newer calls have another word for it.
      status: row.status === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : (row.status as TraceStatus),
    };
    if (metadata.length > 0) info.request_metadata = metadata.map(toKeyValue);
    if (tags.length > 0) info.tags = tags.map(toKeyValue);
    return info;
  });
}

const toKeyValue = ([key, value]: Pair) => ({ key, value });
