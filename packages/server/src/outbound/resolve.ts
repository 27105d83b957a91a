import { promises as dns, type LookupAddress } from 'node:dns';

/** The addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/**
 * The system's lookup holds a thread of the pool that file access needs too, as long as a name server takes to answer.
 * Of its four threads these may hold two.
 */
const LOOKUPS_AT_A_TIME = 2;

/** How long the caller waits, in milliseconds. */
const WAIT_MS = 10_000;

let running = 0;
const waiting: (() => void)[] = [];

/** As the system resolves names: its hosts file and search domains count. */
export const systemResolve: Resolve = (hostname) =>
  inTime(
    hostname,
    inTurn(() => dns.lookup(hostname, { all: true })),
  );

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= LOOKUPS_AT_A_TIME) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await work();
  } finally {
    // The next in line takes this place over.
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

async function inTime<T>(hostname: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`No name server answered for ${hostname} within ${WAIT_MS / 1000} s.`)),
      WAIT_MS,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
