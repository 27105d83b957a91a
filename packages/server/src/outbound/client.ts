import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, request } from 'undici';
import { AddressRefused, type Guard, resolveAllowed, withoutBrackets } from './guard.ts';

export { request };

/** A server whose connections nobody uses for this long is let go, in milliseconds. */
const KEEP_ALIVE_MS = 4_000;

export const guardedAgent = (guard: Guard, timeout_ms: number) =>
  new Agent({
    connect: guardedConnector(guard, timeout_ms),
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  });

/**
 * Connects to allowed addresses alone. What is judged is the address that is connected to: the socket gets it from the
 * judgement, so a name that resolves otherwise a moment later (DNS rebinding) changes nothing.
 */
export function guardedConnector(guard: Guard, timeout_ms: number): buildConnector.connector {
  const lookup: LookupFunction = (hostname, options, callback) => {
    resolveAllowed(hostname, guard).then(
      (addresses) => answer(addresses, options, callback),
      (error: Error) => callback(error, []),
    );
  };
  const connect = buildConnector({ lookup, timeout: timeout_ms, allowH2: false });
  return (options, callback) => {
    const host = withoutBrackets(options.hostname);
    // A socket looks up names alone, so nobody else would judge a literal address.
    if (isIP(host) !== 0 && !guard.isAllowed(host)) callback(new AddressRefused(host, host), null);
    else connect(options, callback);
  };
}

function answer(
  addresses: readonly LookupAddress[],
  { all, family }: LookupOptions,
  callback: Parameters<LookupFunction>[2],
): void {
  const wanted = addresses.filter((address) => !family || address.family === family);
  const [first] = wanted;
  if (all) callback(null, [...wanted]);
  else if (first) callback(null, first.address, first.family);
  else callback(new Error('the host has no address of the wanted family'), []);
}
