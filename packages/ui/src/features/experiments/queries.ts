import {
  createExperiment,
  deleteExperiment,
  deleteExperimentTag,
  type Experiment,
  getExperiment,
  restoreExperiment,
  searchExperiments,
  searchRuns,
  setExperimentTag,
  updateExperiment,
} from '@bitacora/protocol';
import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { client } from '../../api/client.ts';
import { endpointQuery, useEndpointMutation } from '../../api/endpoint-query.ts';
import { DEFAULT_EXPERIMENT_ORDER, type ExperimentsSearch, nameFilter } from './location.ts';

const PAGE_SIZE = 100;

/** The list as its address asks for it, page by page. */
export function experimentsList(search: ExperimentsSearch) {
  const order = search.orderByKey ?? DEFAULT_EXPERIMENT_ORDER.id;
  const direction = (search.orderByAsc ?? DEFAULT_EXPERIMENT_ORDER.ascending) ? 'ASC' : 'DESC';
  const request = {
    max_results: PAGE_SIZE,
    filter: nameFilter(search.searchFilter ?? ''),
    view_type: search.lifecycleFilter === 'Deleted' ? ('DELETED_ONLY' as const) : ('ACTIVE_ONLY' as const),
    order_by: [`${order} ${direction}`],
  };
  return infiniteQueryOptions({
    queryKey: [searchExperiments.name, 'pages', request] as const,
    queryFn: ({ pageParam, signal }) =>
      client.call(searchExperiments, { ...request, page_token: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token,
  });
}

export const useSearchExperiments = (search: ExperimentsSearch) =>
  useInfiniteQuery({ ...experimentsList(search), placeholderData: keepPreviousData });

export const useGetExperiment = (experiment_id: string) =>
  useQuery({ ...endpointQuery(getExperiment, { experiment_id }), staleTime: 30_000 });

const LISTS = [searchExperiments, getExperiment];

export const useCreateExperiment = () => useEndpointMutation(createExperiment, LISTS);
export const useUpdateExperiment = () => useEndpointMutation(updateExperiment, LISTS);
export const useDeleteExperiment = () => useEndpointMutation(deleteExperiment, [...LISTS, searchRuns]);
export const useRestoreExperiment = () => useEndpointMutation(restoreExperiment, [...LISTS, searchRuns]);
export const useSetExperimentTag = () => useEndpointMutation(setExperimentTag, LISTS);
export const useDeleteExperimentTag = () => useEndpointMutation(deleteExperimentTag, LISTS);

export const NOTE_TAG = 'mlflow.note.content';

/** Tags that people set; those of MLflow itself have their own places. */
export const ownTags = (tags: Experiment['tags']) =>
  (tags ?? []).filter(({ key }) => !key.startsWith('mlflow.'));
