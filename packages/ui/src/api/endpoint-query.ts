import type { Endpoint, Request as EndpointRequest, Fields } from '@bitacora/protocol';
import { type QueryKey, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from './client.ts';

/** The query of one call. Its key starts with the endpoint's name, so a change can make every answer of a call stale. */
export function endpointQuery<const Name extends string, const Req extends Fields, const Res extends Fields>(
  endpoint: Endpoint<Name, Req, Res>,
  request: EndpointRequest<Endpoint<Name, Req, Res>>,
) {
  return queryOptions({
    queryKey: [endpoint.name, request] as const,
    queryFn: ({ signal }) => client.call(endpoint, request, { signal }),
  });
}

/** A call that changes something, and the calls whose answers it makes stale. */
export function useEndpointMutation<
  const Name extends string,
  const Req extends Fields,
  const Res extends Fields,
>(endpoint: Endpoint<Name, Req, Res>, stale: readonly { readonly name: string }[]) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationKey: [endpoint.name],
    mutationFn: (request: EndpointRequest<Endpoint<Name, Req, Res>>) => client.call(endpoint, request),
    onSettled: () =>
      Promise.all(
        stale.map(({ name }) => queryClient.invalidateQueries({ queryKey: [name] satisfies QueryKey })),
      ),
  });
}
