import type { FastifyInstance, FastifyReply } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route that was mounted, in Fastify's spelling. */
    readonly routeTable: readonly { readonly url: string; readonly methods: ReadonlySet<string> }[];
  }
}

/**
 * Unknown paths and wrong methods are answered in HTML, as MLflow does: the Python client takes a 404 that is not
 * JSON for "this server has no such endpoint" and falls back to older calls.
 */
export function answerUnknownPaths(app: FastifyInstance): void {
  const patterns: { readonly url: string; readonly pattern: RegExp; readonly methods: Set<string> }[] = [];
  app.decorate('routeTable', patterns);
  app.addHook('onRoute', ({ url, method }) => {
    // The route table is ours, so this pattern holds no text of a caller; it is linear in the length of the path.
    const source = url
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:\w+/g, '[^/]+')
      .replace('*', '.*');
    patterns.push({ url, pattern: new RegExp(`^${source}$`), methods: new Set([method].flat()) });
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const allowed = new Set<string>();
    for (const { pattern, methods } of patterns) {
      if (pattern.test(path)) for (const method of methods) allowed.add(method);
    }
    // The web UI's route takes any GET: a method that is allowed was not what was wrong.
    if (allowed.size === 0 || allowed.has(request.method))
      return page(reply.code(404), 'Not Found', 'Nothing is served at this address.');
    reply.header('allow', [...allowed, 'OPTIONS'].join(', '));
    if (request.method === 'OPTIONS') return reply.code(204).send();
    return page(reply.code(405), 'Method Not Allowed', `This address takes ${[...allowed].join(', ')}.`);
  });
}

const page = (reply: FastifyReply, title: string, text: string) =>
  reply
    .header('content-type', 'text/html; charset=utf-8')
    .send(
      `<!doctype html>\n<html lang=en>\n<title>${reply.statusCode} ${title}</title>\n<h1>${title}</h1>\n<p>${text}</p>\n`,
    );
