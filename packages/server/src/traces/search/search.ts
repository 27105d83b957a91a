import {
  type Input,
  invalidParameter,
  preview,
  type searchTraces,
  type searchTracesV3,
} from '@bitacora/protocol';
import { parseFilter, parseOrderBy } from '@bitacora/search';
import type { ReadDeps } from '../../deps.ts';
import { parseExperimentId } from '../../experiments/ids.ts';
import { keepExperimentsInScope } from '../../experiments/queries.ts';
import { fromPageToken, toPageToken } from '../../http/page-token.ts';
import type { TraceRow } from '../queries.ts';
import { toTraceInfos, toTraceInfosV2 } from '../trace-info.ts';
import { listPage } from './plan.ts';

interface Search {
  readonly experiment_ids: readonly string[];
  readonly filter?: string | undefined;
  readonly order_by: readonly string[];
  readonly max_results: number;
  readonly page_token?: string | undefined;
}

export async function search(deps: ReadDeps, { locations, ...input }: Input<typeof searchTracesV3>) {
  const experiment_ids = locations.flatMap(({ mlflow_experiment }) =>
    mlflow_experiment === undefined ? [] : [mlflow_experiment.experiment_id ?? ''],
  );
  const { rows, ...next } = await listRows(deps, { ...input, experiment_ids });
  return { ...(rows.length === 0 ? {} : { traces: await toTraceInfos(deps.db, rows) }), ...next };
}

export async function searchV2(deps: ReadDeps, input: Input<typeof searchTraces>) {
  const { rows, ...next } = await listRows(deps, input);
  return { ...(rows.length === 0 ? {} : { traces: await toTraceInfosV2(deps.db, rows) }), ...next };
}

/**
 * A page, and the token of the next where the page is full. Unlike other searches MLflow's gives a token even if
 * nothing follows, as it does not look further; here it looks.
 */
async function listRows(
  { db, scope }: ReadDeps,
  { experiment_ids: given, filter, order_by, max_results: limit, page_token }: Search,
): Promise<{ readonly rows: readonly TraceRow[]; readonly next_page_token?: string }> {
  const dotted = given.find((id) => id.includes('.'));
  if (dotted !== undefined)
    throw invalidParameter(
      `Locations must be a list of experiment IDs. Found invalid experiment IDs: ${preview(dotted)}.`,
    );
  const asked = [...new Set(given.map(parseExperimentId))];
  const clauses = parseFilter('traces', filter);
  const terms = parseOrderBy('traces', order_by);
  const offset = fromPageToken(page_token);
  const experiment_ids = await keepExperimentsInScope(db, scope, asked);
  if (experiment_ids.length === 0) return { rows: [] };
  const rows = await listPage(db, { experiment_ids, clauses, terms }, limit + 1, offset);
  return rows.length > limit
    ? { rows: rows.slice(0, limit), next_page_token: toPageToken(offset + limit) }
    : { rows };
}
