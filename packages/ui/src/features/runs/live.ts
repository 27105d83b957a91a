import { type Run, searchRuns } from '@bitacora/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.ts';
import type { RunsRequest } from './location.ts';
import { freshened, type RunPages } from './pages.ts';
import { runPages } from './queries.ts';
import { isUnfinished } from './run-data.ts';

const BUSY_MS = 4_000;
/** A run that someone starts elsewhere is seen within this time; asking costs the server a few milliseconds. */
const QUIET_MS = 8_000;
const HEAD_SIZE = 50;
/** More runs under way than this are rare; those that come first are followed. */
const MOST_FOLLOWED = 100;

/**
 * Keeps a table of many pages fresh without loading them all again: asks for the head of the search, which is where
 * new runs appear, and for those loaded runs that are still under way.
 *
 * @param loaded the runs of this very request, or undefined while they are on their way.
 */
export function useLiveRuns(request: RunsRequest, loaded: readonly Run[] | undefined): void {
  const queryClient = useQueryClient();
  const { queryKey } = runPages(request);
  useQuery({
    queryKey: [searchRuns.name, 'live', request] as const,
    queryFn: async ({ signal }) => {
      const before = queryClient.getQueryData(queryKey);
      const [head, followed] = await Promise.all([
        client.call(searchRuns, { ...request, max_results: HEAD_SIZE }, { signal }),
        follow(request, before, signal),
      ]);
      queryClient.setQueryData(queryKey, (pages) => pages && freshened(pages, head, followed));
      return Date.now();
    },
    enabled: loaded !== undefined,
    // The pages have only just been loaded.
    initialData: () => Date.now(),
    staleTime: BUSY_MS / 2,
    refetchInterval: loaded?.some(isUnfinished) ? BUSY_MS : QUIET_MS,
  });
}

async function follow(
  { experiment_ids, run_view_type }: RunsRequest,
  pages: RunPages | undefined,
  signal: AbortSignal,
): Promise<readonly Run[]> {
  const ids = (pages?.pages ?? [])
    // The first page is about the head, which is asked for anyway.
    .slice(1)
    .flatMap(({ runs }) => runs ?? [])
    .filter(isUnfinished)
    .slice(0, MOST_FOLLOWED)
    .map(({ info }) => `'${info.run_id}'`);
  if (ids.length === 0) return [];
  const filter = `attributes.run_id IN (${ids.join(', ')})`;
  const { runs = [] } = await client.call(
    searchRuns,
    { experiment_ids, run_view_type, filter, max_results: MOST_FOLLOWED },
    { signal },
  );
  return runs;
}
