import type { Db } from '@bitacora/db';
import type { Input, searchRuns } from '@bitacora/protocol';
import { parseFilter, parseOrderBy } from '@bitacora/search';
import type { ReadDeps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { keepExperimentsInScope } from '../experiments/queries.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { streamList } from '../readers/text-stream.ts';
import { listPage } from './plan.ts';
import { loadRuns } from './run.ts';

/** A page of up to so many runs is answered in one piece, about 1 MB. */
const ONE_PIECE = 500;

export async function search({ db, scope }: Pick<ReadDeps, 'db' | 'scope'>, input: Input<typeof searchRuns>) {
  const asked = [...new Set(input.experiment_ids.map(parseExperimentId))];
  const clauses = parseFilter('runs', input.filter);
  const terms = parseOrderBy('runs', input.order_by);
  const offset = fromPageToken(input.page_token);
  const experiment_ids = await keepExperimentsInScope(db, scope, asked);
  if (experiment_ids.length === 0) return {};
  const limit = input.max_results;
  const query = { experiment_ids, view: input.run_view_type ?? 'ACTIVE_ONLY', clauses, terms };
  const { rows: ids, ...next } = page(await listPage(db, query, limit + 1, offset), limit, offset);
  if (ids.length > ONE_PIECE) return streamList('runs', batches(db, ids), () => next);
  return { ...(ids.length === 0 ? {} : { runs: await loadRuns(db, ids) }), ...next };
}

async function* batches(db: Db, ids: readonly string[]) {
  for (let start = 0; start < ids.length; start += ONE_PIECE)
    yield await loadRuns(db, ids.slice(start, start + ONE_PIECE));
}
