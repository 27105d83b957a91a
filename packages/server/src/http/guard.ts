import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import { hostJudge } from './hosts.ts';
import { originJudge } from './origins.ts';

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What every answer carries, and what every request must pass before anything looks at it. */
export function guard(app: FastifyInstance, config: Config): void {
  const judgeHost = config.disableSecurity
    ? () => 'allowed' as const
    : hostJudge(config.allowedHosts, config.host);
  const judgeOrigin = config.disableSecurity ? () => true : originJudge(config.corsAllowedOrigins);
  // Probes of balancers name no host that could be known beforehand.
  const exempt = new Set([`${config.staticPrefix}/health`, `${config.staticPrefix}/version`]);

  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff').header('vary', 'Origin');
    if (config.xFrameOptions !== 'NONE') reply.header('x-frame-options', config.xFrameOptions);
    const path = request.url.split('?', 1)[0] ?? '';
    if (!exempt.has(path)) {
      const verdict = countHosts(request) > 1 ? 'malformed' : judgeHost(request.headers.host);
      if (verdict === 'malformed') return refuse(reply, 400, 'Invalid Host header.');
      if (verdict === 'refused') {
        return refuse(
          reply,
          403,
          'Invalid Host header: this name is not allowed here. Add it with --allowed-hosts to serve it.',
        );
      }
    }
    const { origin } = request.headers;
    if (origin !== undefined) {
      const isAllowed = judgeOrigin(origin, request.headers.host);
      if (!isAllowed && !READS.has(request.method)) {
        return refuse(
          reply,
          403,
          'Cross-origin request blocked. Add the origin with --cors-allowed-origins to allow it.',
        );
      }
      if (isAllowed) allowOrigin(request, reply, origin);
    }
    done();
  });
}

function countHosts({ raw }: FastifyRequest): number {
  let count = 0;
  for (let index = 0; index < raw.rawHeaders.length; index += 2) {
    if (raw.rawHeaders[index]?.toLowerCase() === 'host') count++;
  }
  return count;
}

function allowOrigin(request: FastifyRequest, reply: FastifyReply, origin: string): void {
  reply.header('access-control-allow-origin', origin).header('access-control-allow-credentials', 'true');
  if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
    reply
      .header('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE, OPTIONS')
      .header(
        'access-control-allow-headers',
        request.headers['access-control-request-headers'] ?? 'content-type',
      )
      .header('access-control-max-age', '600');
  }
}

const refuse = (reply: FastifyReply, status: number, text: string) =>
  reply.code(status).header('content-type', 'text/plain; charset=utf-8').send(text);
