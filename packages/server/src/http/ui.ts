import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Scripts only from here, no frames of others, and no connection to anywhere else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "object-src 'none'",
  "base-uri 'self'",
  "frame-ancestors 'self'",
  "form-action 'self'",
].join('; ');

/** The built web UI below the prefix; without a build the API is all there is, and `/` says so. */
export async function mountUi(
  app: FastifyInstance,
  folder: string | undefined,
  prefix: string,
): Promise<void> {
  if (folder === undefined || !existsSync(join(folder, 'index.html'))) {
    app.get(`${prefix}/`, (_request, reply) =>
      reply
        .header('content-type', 'text/html; charset=utf-8')
        .send(
          '<!doctype html>\n<html lang=en>\n<title>Bitácora</title>\n<p>The API is running. The web UI has not been built: run <code>npm run build</code>.</p>\n',
        ),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    prefix: `${prefix}/`,
    preCompressed: true,
    index: ['index.html'],
    cacheControl: false,
    setHeaders(reply, path) {
      // Built files carry a hash of their content in their name; only the page itself changes in place.
      const isPage = /\.html(\.(br|gz))?$/.test(path);
      reply.header('cache-control', isPage ? 'no-cache' : 'public, max-age=31536000, immutable');
      if (isPage) reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
    },
  });
  // Relative addresses in the page resolve only below the slash.
  if (prefix !== '') app.get(prefix, (_request, reply) => reply.redirect(`${prefix}/`));
}
