import { promises as dns, type LookupAddress } from 'node:dns';

/** The addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/**
 * The system's look-up holds a thread of the pool that file access needs too, as long as a name server takes to
 * answer. Of its four threads these may hold two.
 */
const LOOKUPS_AT_A_TIME = 2;

/** How long the caller waits, in milliseconds. */
const WAIT_MS = 10_000;

/** As the system resolves names: its hosts file and search domains count. */
export const systemResolve = limitResolve((hostname) => dns.lookup(hostname, { all: true }));

/** A few look-ups at a time, and an answer within `wait_ms` or none. */
export function limitResolve(resolve: Resolve, wait_ms = WAIT_MS): Resolve {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function inTurn(hostname: string, stillWanted: () => boolean) {
    if (running >= LOOKUPS_AT_A_TIME) await new Promise<void>((turn) => waiting.push(turn));
    else running++;
    try {
      return stillWanted() ? await resolve(hostname) : [];
    } finally {
      // The next in line takes this place over.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }

  return async (hostname) => {
    let isLate = false;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        isLate = true;
        reject(new Error(`no name server answered for ${hostname} within ${wait_ms / 1000} s`));
      }, wait_ms);
    });
    try {
      return await Promise.race([inTurn(hostname, () => !isLate), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
