import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A real HTTP server on this machine that notes what it is sent. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
  /** Resolves once so many requests have come. */
  arrived(count: number): Promise<void>;
  /** How the next requests are answered; 200 with `ok` at first. */
  answer: (response: ServerResponse, request: Received) => void;
}

export async function receiver(): Promise<Receiver> {
  const received: Received[] = [];
  const arrivals = new EventEmitter();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', headers } = request;
      const one = { path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
      received.push(one);
      self.answer(response, one);
      arrivals.emit('one');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const self: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received,
    async arrived(count) {
      while (received.length < count) await once(arrivals, 'one');
    },
    answer: (response) => response.end('ok'),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}
