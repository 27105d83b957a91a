import { type Db, fromPromotedColumns, isPromotedMetadata } from '@bitacora/db';
import {
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

/** What else the rows say: tags and metadata as if none of them stood in columns. */
async function listPairs(db: Db, rows: readonly TraceRow[]) {
  const ids = rows.map(({ request_id }) => request_id);
  const [tags, metadata] = await Promise.all([listTraceTags(db, ids), listTraceMetadata(db, ids)]);
  const tagsOf = Map.groupBy(tags, ({ request_id }) => request_id);
  const metadataOf = Map.groupBy(metadata, ({ request_id }) => request_id);
  return (row: TraceRow) => ({
    tags: {
      ...toRecord(tagsOf.get(row.request_id), (key) => key !== TRACE_TAG.name),
      ...(row.trace_name === null ? {} : { [TRACE_TAG.name]: row.trace_name }),
    },
    metadata: {
      ...toRecord(metadataOf.get(row.request_id), (key) => !isPromotedMetadata(key)),
      ...fromPromotedColumns(row),
    },
  });
}

function toRecord(rows: readonly Keyed[] = [], keep: (key: string) => boolean): Record<string, string> {
  const kept = rows.filter(({ key }) => keep(key)).map(({ key, value }) => [key, value ?? ''] as const);
  return Object.fromEntries(kept.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Rows to headers as they stand on the wire, in a handful of statements whatever their number. */
export async function toTraceInfos(db: Db, rows: readonly TraceRow[]): Promise<TraceInfo[]> {
  const ids = rows.map(({ request_id }) => request_id);
  const [pairsOf, assessmentsOf] = await Promise.all([listPairs(db, rows), listAssessments(db, ids)]);
  return rows.map((row) => {
    const { tags, metadata } = pairsOf(row);
    const assessments = assessmentsOf.get(row.request_id);
    return {
      trace_id: row.request_id,
      ...(row.client_request_id === null ? {} : { client_request_id: row.client_request_id }),
      trace_location: {
        type: 'MLFLOW_EXPERIMENT',
        mlflow_experiment: { experiment_id: String(row.experiment_id) },
      },
      ...(row.request_preview === null ? {} : { request_preview: row.request_preview }),
      ...(row.response_preview === null ? {} : { response_preview: row.response_preview }),
      request_time: toWireTimestamp(row.timestamp_ms),
      ...(row.execution_time_ms === null
        ? {}
        : { execution_duration: toWireDuration(row.execution_time_ms) }),
      state: row.status as TraceState,
      ...(Object.keys(metadata).length === 0 ? {} : { trace_metadata: metadata }),
      ...(assessments === undefined || assessments.length === 0 ? {} : { assessments: [...assessments] }),
      ...(Object.keys(tags).length === 0 ? {} : { tags }),
    };
  });
}

/** The same in the older form, which has no previews and no assessments. */
export async function toTraceInfosV2(db: Db, rows: readonly TraceRow[]): Promise<TraceInfoV2[]> {
  const pairsOf = await listPairs(db, rows);
  return rows.map((row) => {
    const { tags, metadata } = pairsOf(row);
    const [ownTags, ownMetadata] = [toPairs(tags), toPairs(metadata)];
    return {
      request_id: row.request_id,
      experiment_id: String(row.experiment_id),
      timestamp_ms: row.timestamp_ms,
      execution_time_ms: row.execution_time_ms ?? 0,
      // The newer calls have another word for it.
      status: row.status === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : (row.status as TraceStatus),
      ...(ownMetadata.length === 0 ? {} : { request_metadata: ownMetadata }),
      ...(ownTags.length === 0 ? {} : { tags: ownTags }),
    };
  });
}

const toPairs = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).map(([key, value]) => ({ key, value }));
