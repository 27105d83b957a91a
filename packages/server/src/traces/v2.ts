import type { Db } from '@bitacora/db';
import {
  EARLIEST_MS,
  type endTrace,
  type getTraceInfo,
  type Input,
  type Int64,
  invalidParameter,
  LATEST_MS,
  notFound,
  type startTrace,
  type TraceInfoV2,
} from '@bitacora/protocol';
import type { Deps, ReadDeps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { requireActive } from '../experiments/service.ts';
import type { Scope } from '../workspaces/scope.ts';
import { TRACE_TAG } from './keys.ts';
import { toPromotedColumns } from './promoted.ts';
import { findTrace, insertTraces, lockTraces, updateTrace } from './queries.ts';
import { mergeMetadata, mergeTags, toTraceRow, traceArtifactLocation } from './service.ts';
import { checkPairs } from './start.ts';
import { toTraceInfosV2 } from './trace-info.ts';

type Pairs = readonly { readonly key: string; readonly value: string }[];

const toRecord = (pairs: Pairs, path: string) =>
  checkPairs(Object.fromEntries(pairs.map(({ key, value }) => [key, value])), path);

export async function start({ write, scope, random }: Deps, input: Input<typeof startTrace>) {
  const experiment_id = parseExperimentId(input.experiment_id);
  const timestamp_ms = checkTime(input.timestamp_ms);
  const metadata = toRecord(input.request_metadata, 'request_metadata');
  const given = toRecord(input.tags, 'tags');
  const request_id = random.hexId();
  return write(async (tx) => {
    const location = await requireActive(tx, scope, experiment_id);
    const tags = { ...given, [TRACE_TAG.artifactLocation]: traceArtifactLocation(location, request_id) };
    const row = toTraceRow({
      request_id,
      experiment_id,
      timestamp_ms,
      execution_time_ms: null,
      status: 'IN_PROGRESS',
      client_request_id: null,
      request_preview: null,
      response_preview: null,
      tags,
      metadata,
    });
    await insertTraces(tx, [row], 0);
    await mergeTags(tx, request_id, tags);
    await mergeMetadata(tx, request_id, metadata);
    return { trace_info: await load(tx, scope, request_id) };
  });
}

/** The duration is from the start that is stored to the end that is given. */
export async function end({ write, scope }: Deps, input: Input<typeof endTrace>) {
  const { request_id } = input;
  const ended = checkTime(input.timestamp_ms);
  const metadata = toRecord(input.request_metadata, 'request_metadata');
  const tags = toRecord(input.tags, 'tags');
  const { status = 'TRACE_STATUS_UNSPECIFIED' } = input;
  return write(async (tx) => {
    if (!(await findTrace(tx, scope, request_id))) throw notFound('trace', request_id);
    const [row] = await lockTraces(tx, [request_id]);
    if (!row) throw notFound('trace', request_id);
    await updateTrace(tx, request_id, {
      execution_time_ms: minus(ended, row.timestamp_ms),
      status: status === 'TRACE_STATUS_UNSPECIFIED' ? 'STATE_UNSPECIFIED' : status,
      ...toPromotedColumns(tags, metadata),
    });
    await mergeTags(tx, request_id, tags);
    await mergeMetadata(tx, request_id, metadata);
    return { trace_info: await load(tx, scope, request_id) };
  });
}

export const getInfo = async (
  { db, scope }: Pick<ReadDeps, 'db' | 'scope'>,
  { request_id }: Input<typeof getTraceInfo>,
) => ({ trace_info: await load(db, scope, request_id) });

async function load(db: Db, scope: Scope, request_id: string): Promise<TraceInfoV2> {
  const row = await findTrace(db, scope, request_id);
  if (!row) throw notFound('trace', request_id);
  const [info] = await toTraceInfosV2(db, [row]);
  return info!;
}

/** The newer form writes times as RFC 3339, which ends with the year 9999. */
function checkTime(timestamp_ms: Int64): number {
  if (timestamp_ms < EARLIEST_MS || timestamp_ms > LATEST_MS) {
    throw invalidParameter(
      `Invalid value ${timestamp_ms} for parameter 'timestamp_ms': it must be milliseconds between the years 1 and 9999.`,
    );
  }
  return Number(timestamp_ms);
}

const minus = (left: number, right: Int64): Int64 => left - Number(right);
