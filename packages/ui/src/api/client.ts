import { ClientError, createClient } from '@bitacora/protocol';
import { QueryClient } from '@tanstack/react-query';

/** Where the page was loaded from: the API stands beside it, below any path prefix. */
export const BASE_URL = new URL('.', document.baseURI).href;

// Called through `window`: browsers refuse a fetch that was taken off it.
export const client = createClient({ baseUrl: BASE_URL, fetch: (...request) => window.fetch(...request) });

/** What the server refused will be refused again; only what may pass by itself is asked again. */
const isPassing = (error: Error) => !(error instanceof ClientError) || error.status >= 500;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => count < 2 && isPassing(error),
      staleTime: 2_000,
      refetchOnWindowFocus: true,
    },
  },
});
