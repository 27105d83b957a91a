import { type deleteTraces, type Input, invalidParameter } from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { keepExperimentsInScope } from '../experiments/queries.ts';
import { deleteTraceRows, listOldest } from './queries.ts';

/** So many go in one transaction: their spans go with them, and other writers wait meanwhile. */
const AT_ONCE = 500;

/** MLflow's client names 100 at a time. */
const MOST_IDS = 10_000;

/** Deletes for good; there is no trash of traces. A trace of another experiment is left alone. */
export async function remove(
  { write, scope, db }: Deps,
  input: Input<typeof deleteTraces>,
): Promise<{ traces_deleted: number }> {
  const { max_timestamp_millis, max_traces, request_ids } = input;
  if (max_timestamp_millis === undefined && request_ids.length === 0)
    throw invalidParameter(
      "Either 'max_timestamp_millis' or 'request_ids' must be given, to say which traces to delete.",
    );
  if (max_timestamp_millis !== undefined && request_ids.length > 0)
    throw invalidParameter("Only one of 'max_timestamp_millis' and 'request_ids' can be given.");
  if (request_ids.length > 0 && max_traces !== undefined)
    throw invalidParameter("'max_traces' can be given together with 'max_timestamp_millis' alone.");
  if (max_traces !== undefined && max_traces <= 0)
    throw invalidParameter(`Invalid value ${max_traces} for parameter 'max_traces': it must be positive.`);
  if (request_ids.length > MOST_IDS)
    throw invalidParameter(
      `'request_ids' names ${request_ids.length} traces, at most ${MOST_IDS} are allowed. Delete in several requests.`,
    );
  const [experiment_id] = await keepExperimentsInScope(db, scope, [parseExperimentId(input.experiment_id)]);
  if (experiment_id === undefined) return { traces_deleted: 0 };
  let deleted = 0;
  for (let start = 0; start < request_ids.length; start += AT_ONCE) {
    const ids = [...new Set(request_ids)].slice(start, start + AT_ONCE);
    deleted += await write((tx) => deleteTraceRows(tx, experiment_id, ids));
  }
  while (max_timestamp_millis !== undefined) {
    const most = Math.min(AT_ONCE, (max_traces ?? Number.POSITIVE_INFINITY) - deleted);
    if (most <= 0) break;
    const gone = await write(async (tx) =>
      deleteTraceRows(tx, experiment_id, await listOldest(tx, experiment_id, max_timestamp_millis, most)),
    );
    deleted += gone;
    if (gone < most) break;
  }
  return { traces_deleted: deleted };
}
