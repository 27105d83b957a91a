import { decodePath } from '@bitacora/artifacts';
import type { FastifyRequest } from 'fastify';

/** The path that ends a request's URL. */
export interface SentPath {
  /** With what follows a `?`. */
  readonly path: string;
  readonly hasQuery: boolean;
  readonly withoutQuery: string;
}

/**
 * MLflow's client writes names into URLs as they are. A file `a?b.txt` would be stored as `a`, over another one maybe: none
 * of these calls has a query of its own, so what looks like one is the rest of the name.
 */
export function sentPath({ params, url }: FastifyRequest): SentPath {
  const withoutQuery = (params as { '*': string })['*'];
  const at = url.indexOf('?');
  const query = at < 0 ? '' : decodePath(url.slice(at + 1));
  if (query === '') return { path: withoutQuery, hasQuery: false, withoutQuery };
  return { path: `${withoutQuery}?${query}`, hasQuery: true, withoutQuery };
}
