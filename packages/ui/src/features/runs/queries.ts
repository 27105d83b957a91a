import {
  deleteRun,
  deleteTag,
  getRun,
  listArtifacts,
  restoreRun,
  searchRuns,
  setTag,
  updateRun,
} from '@bitacora/protocol';
import {
  infiniteQueryOptions,
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { client } from '../../api/client.ts';
import { endpointQuery, useEndpointMutation } from '../../api/endpoint-query.ts';
import { type RunsRequest, type RunsSearch, toRunsRequest } from './location.ts';
import { isUnfinished } from './run-data.ts';

/** The first screen should come quickly; who scrolls on wants many. */
const FIRST_PAGE = 50;
const NEXT_PAGES = 200;

export function runPages(request: RunsRequest) {
  return infiniteQueryOptions({
    queryKey: [searchRuns.name, 'pages', request] as const,
    queryFn: ({ pageParam, signal }) =>
      client.call(
        searchRuns,
        {
          ...request,
          max_results: pageParam === undefined ? FIRST_PAGE : NEXT_PAGES,
          page_token: pageParam,
        },
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token,
    // The table keeps itself fresh with far smaller requests, see live.ts.
    staleTime: 60_000,
    refetchOnWindowFocus: false,
  });
}

export const runsOf = (experimentIds: readonly string[], search: RunsSearch) =>
  runPages(toRunsRequest(experimentIds, search, Date.now()));

export const useSearchRunPages = (request: RunsRequest) =>
  useInfiniteQuery({ ...runPages(request), placeholderData: keepPreviousData });

const LIVE_MS = 3_000;

/** A run, asked for again and again while it is under way. */
export const useGetRun = (run_id: string) =>
  useQuery({
    ...endpointQuery(getRun, { run_id }),
    refetchInterval: ({ state }) => (state.data && isUnfinished(state.data.run) ? LIVE_MS : false),
  });

const READS = [searchRuns, getRun];

export const useUpdateRun = () => useEndpointMutation(updateRun, READS);
export const useSetRunTag = () => useEndpointMutation(setTag, READS);
export const useDeleteRunTag = () => useEndpointMutation(deleteTag, READS);

/** How many runs are moved at a time: the server commits concurrent ones together. */
const AT_ONCE = 8;

/** Deletes or restores many runs; the calls are per run, so the last of them may fail after the first have worked. */
function useEachRun(endpoint: typeof deleteRun | typeof restoreRun) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationKey: [endpoint.name],
    mutationFn: async (runIds: readonly string[]) => {
      for (let from = 0; from < runIds.length; from += AT_ONCE) {
        const some = runIds.slice(from, from + AT_ONCE);
        await Promise.all(some.map((run_id) => client.call(endpoint, { run_id })));
      }
    },
    onSettled: () =>
      Promise.all(
        [...READS, listArtifacts].map(({ name }) => queryClient.invalidateQueries({ queryKey: [name] })),
      ),
  });
}

export const useDeleteRuns = () => useEachRun(deleteRun);
export const useRestoreRuns = () => useEachRun(restoreRun);
