import { joinArtifactUri } from '@bitacora/artifacts';
import { isPromotedMetadata, type Tx } from '@bitacora/db';
import { MlflowError, notFound } from '@bitacora/protocol';
import type { Scope } from '../workspaces/scope.ts';
import { TRACE_METADATA, TRACE_TAG } from './keys.ts';
import { toPromotedColumns } from './promoted.ts';
import type { TraceRow } from './queries.ts';
import * as queries from './queries.ts';

export { TRACE_METADATA, TRACE_TAG } from './keys.ts';
export { checkTraceName, toPromotedColumns } from './promoted.ts';
export {
  advanceGenerations,
  findTrace,
  insertTraces,
  listTraceMetadata,
  listTraces,
  lockTraces,
  type TraceRow,
  updateTrace,
  upsertTraceMetadata,
  upsertTraceTags,
} from './queries.ts';
export { toConditions } from './search/conditions.ts';

/** A trace as its writer describes it. Tags and metadata hold name, session, tokens and cost under MLflow's keys. */
export interface TraceRecord
  extends Pick<
    TraceRow,
    | 'request_id'
    | 'experiment_id'
    | 'timestamp_ms'
    | 'execution_time_ms'
    | 'status'
    | 'client_request_id'
    | 'request_preview'
    | 'response_preview'
  > {
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The row of a trace, whole; what tags and metadata do not give is NULL. */
export function toTraceRow({ tags, metadata, ...record }: TraceRecord): TraceRow {
  return { ...NO_PROMOTED, ...record, ...toPromotedColumns(tags, metadata) };
}

const NO_PROMOTED = {
  trace_name: null,
  session_id: null,
  input_tokens: null,
  output_tokens: null,
  total_tokens: null,
  cache_read_input_tokens: null,
  cache_creation_input_tokens: null,
  cache_creation_input_tokens_above_1hr: null,
  input_cost: null,
  output_cost: null,
  total_cost: null,
} as const;

/** Where the artifacts of a trace belong, below its experiment's location. */
export const traceArtifactLocation = (experimentLocation: string, trace_id: string): string =>
  joinArtifactUri(experimentLocation, 'traces', trace_id, 'artifacts');

/**
 * Stores the header of a trace. Where the trace exists, made from spans that came first, the header's time, state and
 * client id replace what is there, previews, name, session, tokens and cost where the header has them; tags and
 * metadata are merged.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST when the trace belongs to another workspace,
 * INVALID_STATE when its spans were moved out of the database.
 */
export async function upsertTrace(tx: Tx, scope: Scope, record: TraceRecord): Promise<void> {
  const { request_id, tags, metadata } = record;
  if ((await queries.insertTraces(tx, [toTraceRow(record)], 0)) === 0) await mergeTrace(tx, scope, record);
  await mergeTags(tx, request_id, tags);
  await mergeMetadata(tx, request_id, { ...metadata, [TRACE_METADATA.infoFinalized]: 'true' });
}

async function mergeTrace(tx: Tx, scope: Scope, { request_id, tags, metadata, ...header }: TraceRecord) {
  if (!(await queries.findTrace(tx, scope, request_id))) throw notFound('trace', request_id);
  await queries.lockTraces(tx, [request_id]);
  if ((await queries.advanceGenerations(tx, [request_id])) === 0) {
    throw new MlflowError(
      'INVALID_STATE',
      `The spans of the trace '${request_id}' are no longer in the database, so its header cannot be replaced.`,
    );
  }
  const { request_preview, response_preview, ...replaced } = header;
  await queries.updateTrace(tx, request_id, {
    ...replaced,
    ...(request_preview === null ? {} : { request_preview }),
    ...(response_preview === null ? {} : { response_preview }),
    ...toPromotedColumns(tags, metadata),
  });
  await queries.moveChildren(tx, request_id, header);
}

/** Sets tags, but for the name, which stands in a column. */
export const mergeTags = (tx: Tx, request_id: string, tags: Readonly<Record<string, string>>) =>
  queries.upsertTraceTags(
    tx,
    Object.entries(tags).flatMap(([key, value]) =>
      key === TRACE_TAG.name ? [] : [{ request_id, key, value }],
    ),
  );

/** Sets metadata, but for what stands in columns. */
export const mergeMetadata = (tx: Tx, request_id: string, metadata: Readonly<Record<string, string>>) =>
  queries.upsertTraceMetadata(
    tx,
    Object.entries(metadata).flatMap(([key, value]) =>
      isPromotedMetadata(key) ? [] : [{ request_id, key, value }],
    ),
  );
