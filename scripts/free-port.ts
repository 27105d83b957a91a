import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** From `from` on and below `to`. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Below those that systems give to outgoing connections: Linux begins at 32768, others at 49152. */
export const PORTS: PortRange = { from: 12_000, to: 32_000 };

/** Equal parts of a range. */
export function partsOf({ from, to }: PortRange, count: number): PortRange[] {
  const size = Math.floor((to - from) / count);
  return Array.from({ length: count }, (_, at) => ({ from: from + at * size, to: from + (at + 1) * size }));
}

/** More test files than that do not run side by side. */
const MOST_WORKERS = 4;

/** What this process may take of: `TEST_PORTS` is a suite's own, such as `12000-14000`, of which each worker of Vitest has a part. */
function ownRange(): PortRange {
  const [from = PORTS.from, to = PORTS.to] = (process.env.TEST_PORTS ?? '')
    .split('-')
    .filter(Boolean)
    .map(Number);
  const worker = process.env.VITEST_POOL_ID;
  if (worker === undefined) return { from, to };
  return partsOf({ from, to }, MOST_WORKERS)[Number(worker) % MOST_WORKERS]!;
}

/** Each is given once: two servers that start together must not meet on one that is still free for both. */
const given = new Set<number>();

/**
 * A port that nobody listens on. It stays free while its server is away: no outgoing connection is given it, least of all
 * one of those that look for that server, which would then have connected to itself.
 */
export async function freePort(): Promise<number> {
  const { from, to } = ownRange();
  for (;;) {
    const port = randomInt(from, to);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const probe = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
