import { ClientError } from '@bitacora/protocol';
import { QueryClient } from '@tanstack/react-query';

/** A refusal stays a refusal; only a broken connection or a busy server is worth asking again. */
const isTransient = (error: Error): boolean => !(error instanceof ClientError) || error.status >= 500;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && isTransient(error),
      retryDelay: (failures) => 400 * 2 ** failures,
    },
  },
});
