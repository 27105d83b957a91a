import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';

/** `--no-serve-artifacts` and `--artifacts-only` shut a part of the surface; MLflow answers 503 in plain text there. */
export function applyModes(
  app: FastifyInstance,
  { servesArtifacts, servesOnlyArtifacts, staticPrefix }: Config,
): void {
  if (servesArtifacts && !servesOnlyArtifacts) return;
  const open = new Set([`${staticPrefix}/health`, `${staticPrefix}/version`]);
  app.addHook('onRequest', (request, reply, done) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const isProxy = /\/(?:ajax-)?api\/2\.0\/mlflow-artifacts\//.test(path);
    if (isProxy && !servesArtifacts) {
      return reply
        .code(503)
        .header('content-type', 'text/plain; charset=utf-8')
        .send('This server does not serve artifacts: it was started with --no-serve-artifacts.');
    }
    if (!isProxy && servesOnlyArtifacts && !open.has(path)) {
      return reply
        .code(503)
        .header('content-type', 'text/plain; charset=utf-8')
        .send('This server serves artifacts alone: it was started with --artifacts-only.');
    }
    done();
  });
}
