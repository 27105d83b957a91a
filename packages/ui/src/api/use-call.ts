import type { Endpoint, Fields, Request, Response } from '@bitacora/protocol';
import {
  keepPreviousData,
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { client } from './client.ts';

interface CallOptions {
  readonly enabled?: boolean;
  /** Milliseconds between looks at what may have changed; false for none. */
  readonly refetchInterval?: number | false;
}

/** One query per endpoint and request, kept under the endpoint's name. */
export function useCall<const N extends string, const Q extends Fields, const R extends Fields>(
  endpoint: Endpoint<N, Q, R>,
  request: Request<Endpoint<N, Q, R>>,
  options: CallOptions = {},
): UseQueryResult<Response<Endpoint<N, Q, R>>> {
  return useQuery({
    queryKey: [endpoint.name, request],
    queryFn: ({ signal }) => client.call(endpoint, request, { signal }),
    placeholderData: keepPreviousData,
    ...options,
  });
}

/** A write; what it may have changed is looked at again afterwards. */
export function useWrite<const N extends string, const Q extends Fields, const R extends Fields>(
  endpoint: Endpoint<N, Q, R>,
): UseMutationResult<Response<Endpoint<N, Q, R>>, Error, Request<Endpoint<N, Q, R>>> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (request: Request<Endpoint<N, Q, R>>) => client.call(endpoint, request),
    onSettled: () => queries.invalidateQueries(),
  });
}
