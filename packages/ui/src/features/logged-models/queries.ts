import {
  deleteLoggedModelTag,
  getLoggedModel,
  type LoggedModel,
  searchLoggedModels,
  setLoggedModelTags,
} from '@bitacora/protocol';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { client } from '../../api/client.ts';
import { endpointQuery, useEndpointMutation } from '../../api/endpoint-query.ts';
import type { Sort } from '../../table/column.ts';

const PAGE_SIZE = 100;

export function useSearchLoggedModels(experimentId: string, sort: Sort) {
  const request = {
    experiment_ids: [experimentId],
    max_results: PAGE_SIZE,
    order_by: [{ field_name: sort.id, ascending: sort.ascending }],
  };
  return useInfiniteQuery({
    queryKey: [searchLoggedModels.name, request] as const,
    queryFn: ({ pageParam, signal }) =>
      client.call(searchLoggedModels, { ...request, page_token: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token,
    placeholderData: keepPreviousData,
  });
}

export const useGetLoggedModel = (model_id: string) =>
  useQuery(endpointQuery(getLoggedModel, { model_id, allow_deleted: true }));

const READS = [getLoggedModel, searchLoggedModels];

export const useSetLoggedModelTags = () => useEndpointMutation(setLoggedModelTags, READS);
export const useDeleteLoggedModelTag = () => useEndpointMutation(deleteLoggedModelTag, READS);

export const modelName = ({ info }: LoggedModel): string => info.name || info.model_id;
