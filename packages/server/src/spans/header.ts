import { COST_COLUMNS, TOKEN_COLUMNS } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import type { TraceRow } from '../traces/service.ts';
import type { TraceHeader } from './prepare.ts';

/** The header of a trace of which nothing is known but these spans. */
export function newTraceRow(trace: TraceHeader, experiment_id: Int64): TraceRow {
  const usage = trace.usage ?? {};
  const cost = trace.cost ?? {};
  return {
    request_id: trace.trace_id,
    experiment_id,
    timestamp_ms: trace.start_ms,
    execution_time_ms: trace.end_ms === null ? null : trace.end_ms - trace.start_ms,
    // It goes on until its root has ended.
    status: trace.status ?? 'IN_PROGRESS',
    client_request_id: null,
    request_preview: trace.request_preview,
    response_preview: trace.response_preview,
    trace_name: trace.trace_name,
    session_id: trace.session_id,
    input_tokens: bounded(usage.input_tokens),
    output_tokens: bounded(usage.output_tokens),
    total_tokens: bounded(usage.total_tokens),
    cache_read_input_tokens: bounded(usage.cache_read_input_tokens),
    cache_creation_input_tokens: bounded(usage.cache_creation_input_tokens),
    cache_creation_input_tokens_above_1hr: bounded(usage.cache_creation_input_tokens_above_1hr),
    input_cost: finite(cost.input_cost),
    output_cost: finite(cost.output_cost),
    total_cost: finite(cost.total_cost),
  };
}

type Columns = { -readonly [Name in keyof TraceRow]?: TraceRow[Name] };

/**
 * What more spans change in the header of a trace. Once the client has sent the header itself, time stays as it said,
 * and so do tokens and cost that it told; previews, session and the state of an ended trace are told once.
 */
export function mergedColumns(row: TraceRow, trace: TraceHeader, isFinalized: boolean): Columns {
  const columns: Columns = {};
  if (!isFinalized) Object.assign(columns, widened(row, trace));
  if (trace.status !== null && (row.status === 'IN_PROGRESS' || row.status === 'STATE_UNSPECIFIED'))
    columns.status = trace.status;
  if (row.request_preview === null && trace.request_preview !== null)
    columns.request_preview = trace.request_preview;
  if (row.response_preview === null && trace.response_preview !== null)
    columns.response_preview = trace.response_preview;
  if (trace.trace_name !== null) columns.trace_name = trace.trace_name;
  if (row.session_id === null && trace.session_id !== null) columns.session_id = trace.session_id;
  const { usage, cost } = trace;
  if (usage && !(isFinalized && TOKEN_COLUMNS.some((name) => row[name] !== null))) {
    for (const name of TOKEN_COLUMNS) {
      const value = bounded(usage[name]);
      if (value !== null) columns[name] = value;
    }
  }
  if (cost && !(isFinalized && COST_COLUMNS.some((name) => row[name] !== null))) {
    for (const name of COST_COLUMNS) {
      const value = finite(cost[name]);
      if (value !== null) columns[name] = value;
    }
  }
  return columns;
}

/** From the earliest start to the latest end, in whatever order the spans come. */
function widened(row: TraceRow, { start_ms, end_ms }: TraceHeader): Columns {
  const timestamp_ms = row.timestamp_ms > start_ms ? start_ms : row.timestamp_ms;
  const known =
    row.execution_time_ms === null ? null : Number(row.timestamp_ms) + Number(row.execution_time_ms);
  const end = Math.max(known ?? Number.NEGATIVE_INFINITY, end_ms ?? Number.NEGATIVE_INFINITY);
  return {
    timestamp_ms,
    ...(end === Number.NEGATIVE_INFINITY ? {} : { execution_time_ms: end - Number(timestamp_ms) }),
  };
}

const LARGEST = 2n ** 63n;

/** Sums that have no place in the column are not kept. */
const bounded = (value: Int64 | undefined): Int64 | null =>
  value === undefined || (typeof value === 'bigint' && (value >= LARGEST || value < -LARGEST)) ? null : value;

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;
