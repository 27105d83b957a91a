import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A request that came whole, before the store sees it. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface CheckingProxy {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Stands before a store that takes more than the service does for which it stands in. What `check` refuses the store
 * never sees; all else passes as it is.
 *
 * @param onAnswer sees each answer before it is passed on, and may change its headers; its body is still to come.
 * @param host that the store is to be told, where it answers for one alone.
 */
export async function startCheckingProxy(
  target: number,
  check: (asked: Asked) => Refusal | undefined,
  onAnswer: (asked: Asked, given: IncomingMessage) => void = () => undefined,
  host?: string,
): Promise<CheckingProxy> {
  const server = createServer(async (incoming, answer) => {
    const { method = 'GET', url = '/', headers } = incoming;
    try {
      const asked = {
        method,
        url: new URL(url, 'http://localhost'),
        headers,
        body: await buffer(incoming),
      };
      const refusal = check(asked);
      if (refusal !== undefined) {
        answer.writeHead(refusal.status, refusal.headers);
        answer.end(method === 'HEAD' ? undefined : refusal.body);
        return;
      }
      const passed = request(
        {
          ...{ port: target, host: '127.0.0.1', method, path: url, agent: false },
          headers: host === undefined ? headers : { ...headers, host },
        },
        (given) => {
          onAnswer(asked, given);
          answer.writeHead(given.statusCode ?? 502, given.headers);
          given.pipe(answer);
        },
      );
      passed.on('error', () => answer.destroy());
      passed.end(asked.body);
    } catch {
      answer.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It has no port.');
  return {
    port: address.port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
