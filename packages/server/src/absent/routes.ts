import { MlflowError, stringifyJson } from '@bitacora/protocol';
import type { FastifyInstance } from 'fastify';
import { absentFeatures } from './features.ts';

/**
 * Answers 501, which no client retries. MLflow answers 500 where jobs are off, and its clients then try for minutes.
 */
export function mountAbsentFeatures(app: FastifyInstance): void {
  for (const { message, dialect, routes } of absentFeatures) {
    const error = new MlflowError('NOT_IMPLEMENTED', `This server has no ${message}`);
    const body = stringifyJson(dialect === 'envelope' ? error.toBody() : { detail: error.message });
    for (const [method, path] of routes) {
      const url = toFastifyPath(path);
      for (const each of path.startsWith('/api') ? [url, url.replace(/^\/api/, '/ajax-api')] : [url]) {
        app.route({
          method,
          url: each,
          // Before the body is read: whatever it holds, the answer is the same.
          onRequest: (_request, reply) => {
            reply.code(error.status).header('content-type', 'application/json').send(body);
          },
          handler: () => undefined,
        });
      }
    }
  }
}

/** `{path}` takes many segments. */
const toFastifyPath = (path: string) => path.replace('{path}', '*').replace(/\{(\w+)\}/g, ':$1');
