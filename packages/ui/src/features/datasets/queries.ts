import { getRunDataset, listRunDatasets } from '@bitacora/protocol';
import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { client } from '../../api/client.ts';
import { endpointQuery } from '../../api/endpoint-query.ts';
import type { DatasetName } from './location.ts';

const PAGE_SIZE = 100;

export function datasetsList(experiment_id: string, words: string | undefined) {
  const request = { experiment_id, max_results: PAGE_SIZE, ...(words ? { name_contains: words } : {}) };
  return infiniteQueryOptions({
    queryKey: [listRunDatasets.name, request] as const,
    queryFn: ({ pageParam, signal }) =>
      client.call(listRunDatasets, { ...request, page_token: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token,
  });
}

export const useListRunDatasets = (experimentId: string, words: string | undefined) =>
  useInfiniteQuery({ ...datasetsList(experimentId, words), placeholderData: keepPreviousData });

export const useGetRunDataset = (experiment_id: string, { name, digest }: DatasetName) =>
  useQuery(endpointQuery(getRunDataset, { experiment_id, name, digest }));
