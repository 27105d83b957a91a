import { type Run, searchRuns } from '@bitacora/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { client } from '../../api/client.ts';
import type { RunsSearch } from '../../app/router.tsx';

const PAGE = 100;

/** How often the table looks again, in milliseconds: often while a run is going on. */
const LIVE_MS = 3_000;
const IDLE_MS = 10_000;

/** The runs that the page's address asks for, page after page. */
export function useRuns(
  experimentId: string,
  { searchFilter, orderByKey, orderByAsc, lifecycleFilter }: RunsSearch,
) {
  const request = {
    experiment_ids: [experimentId],
    max_results: PAGE,
    run_view_type: lifecycleFilter === 'Deleted' ? ('DELETED_ONLY' as const) : ('ACTIVE_ONLY' as const),
    ...(searchFilter ? { filter: searchFilter } : {}),
    ...(orderByKey ? { order_by: [`${orderByKey} ${orderByAsc ? 'ASC' : 'DESC'}`] } : {}),
  };
  const query = useInfiniteQuery({
    queryKey: [searchRuns.name, request],
    queryFn: ({ pageParam, signal }) =>
      client.call(searchRuns, { ...request, page_token: pageParam }, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_page_token,
    placeholderData: (previous) => previous,
    refetchInterval: ({ state }) => (state.data?.pages.some(hasLiveRun) ? LIVE_MS : IDLE_MS),
  });
  return { ...query, runs: query.data?.pages.flatMap(({ runs }) => runs ?? []) ?? [] };
}

const hasLiveRun = ({ runs }: { readonly runs?: readonly Run[] | undefined }) =>
  runs?.some(({ info }) => info.status === 'RUNNING') ?? false;
