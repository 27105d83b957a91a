import { connect, createServer, type Socket } from 'node:net';

/** What happens to the connections of a proxy. */
export interface Fault {
  /**
   * - `refuse`: new connections are closed at once.
   * - `cut`: both ends are reset once so many bytes have passed.
   * - `corrupt`: a bit of the byte that comes then is turned over.
   * - `stall`: once so many bytes have passed, nothing does any more, and nobody is told.
   */
  readonly kind: 'refuse' | 'cut' | 'stall' | 'corrupt';
  /** Bytes that pass before it happens, counted over all connections since it was set; none by default. */
  readonly afterBytes?: number;
  /** The bytes that count: what a client sends, or what it is sent. */
  readonly direction?: 'up' | 'down';
  /** It happens to so many connections and then no more; to all, by default. */
  readonly times?: number;
}

/** A way to a server of this machine on which things go wrong when they are told to. */
export interface FaultyProxy extends AsyncDisposable {
  readonly port: number;
  /** Until it is set again; undefined lets everything pass. What has gone wrong stays so. */
  set(fault: Fault | undefined): void;
  /** Ends the connections that there are. */
  cutAll(): void;
}

export async function startFaultyProxy(target: number): Promise<FaultyProxy> {
  let fault: Fault | undefined;
  let passed = 0;
  let times = 0;
  const happened = () => {
    times++;
    if (times === fault?.times) fault = undefined;
  };
  const sockets = new Set<Socket>();
  const cutAll = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createServer((client) => {
    if (fault?.kind === 'refuse') {
      happened();
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    const pair = [client, upstream];
    let isStalled = false;
    const pass = (from: Socket, to: Socket, direction: 'up' | 'down') => {
      from.on('data', (bytes) => {
        if (isStalled) return;
        const counts = fault !== undefined && (fault.direction ?? 'up') === direction;
        const before = passed;
        if (counts) passed += bytes.length;
        if (!counts || passed <= (fault?.afterBytes ?? 0)) {
          if (!to.write(bytes)) from.pause();
          return;
        }
        if (fault?.kind === 'corrupt') {
          const at = Math.max(0, (fault.afterBytes ?? 0) - before);
          bytes[at] = (bytes[at] ?? 0) ^ 1;
          if (!to.write(bytes)) from.pause();
          happened();
          return;
        }
        if (fault?.kind === 'stall') isStalled = true;
        else for (const socket of pair) socket.resetAndDestroy();
        happened();
      });
      to.on('drain', () => from.resume());
      from.on('end', () => {
        if (!isStalled) to.end();
      });
      from.on('close', () => {
        sockets.delete(from);
        // A server that has said all and goes is not seen going either.
        if (isStalled && from !== client) return;
        // One that has said all may have been quicker than its reader, who is still to have the rest of it.
        if (from.readableEnded) to.destroySoon();
        else to.destroy();
      });
      from.on('error', () => undefined);
      sockets.add(from);
    };
    pass(client, upstream, 'up');
    pass(upstream, client, 'down');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  return {
    port: address.port,
    set(next) {
      fault = next;
      passed = 0;
      times = 0;
    },
    cutAll,
    async [Symbol.asyncDispose]() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
