import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { invalidParameter } from '@bitacora/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** MLflow checks the content type of these; clients send PATCH and DELETE without one. */
const JSON_ONLY = new Set(['POST', 'PUT']);

/** How long the body of a JSON call may take to arrive, in milliseconds. */
const MOST_BODY_TIME_MS = 30_000;

/** Bodies of JSON calls are kept as bytes: who parses them, and on which thread, depends on their size. */
export function acceptJsonBodies(app: FastifyInstance): void {
  // Python and Java send bodies on DELETE, and a GET without a query may carry its fields in a body.
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true });
  app.addHttpMethod('DELETE', { hasBody: true, overrideExisting: true });
  limitBodyTime(app);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    const type = request.headers['content-type'] ?? '';
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      done(
        invalidParameter(`Content-Encoding '${encoding}' is not supported here. Send the JSON uncompressed.`),
      );
    } else if (JSON_ONLY.has(request.method) && !/^application\/json\s*(;|$)/i.test(type)) {
      done(invalidParameter(`Content-Type '${type}' is not supported here. Send 'application/json'.`));
    } else {
      done(null, body);
    }
  });
}

/** Bytes that trickle in one by one would otherwise hold the connection for ever. */
export function limitBodyTime(app: FastifyInstance, most_ms = MOST_BODY_TIME_MS): void {
  app.addHook('preParsing', (request, _reply, payload, done) => {
    // Nobody reads a body that is not there, so its end is never seen: an answer may take as long as it takes.
    if (hasBody(request)) {
      const timer = setTimeout(() => request.raw.destroy(), most_ms);
      payload.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
    }
    done(null, payload);
  });
}

/**
 * A connection on which nothing moves is given up where its client is waited for: one that has not sent all of a request,
 * or does not take what it asked for. An answer that is still being made takes as long as it takes.
 */
export function awaitAnswers(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, { raw }, done) => {
    raw.on('timeout', endUnlessAwaited);
    done();
  });
}

function endUnlessAwaited(this: ServerResponse, socket: Socket): void {
  if (!this.req.complete || socket.writableLength > 0) socket.destroy();
}

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
