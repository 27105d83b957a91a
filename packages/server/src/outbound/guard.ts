import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { Resolve } from './resolve.ts';

/** A host that requests from here must not reach. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';

  constructor(hostname: string, address: string) {
    super(
      hostname === address
        ? `${address} is not a public address.`
        : `${hostname} resolves to ${address}, which is not a public address.`,
    );
  }
}

export interface Guard {
  readonly resolve: Resolve;
  /** Judges an address as resolvers give it. */
  readonly isAllowed: (address: string) => boolean;
}

/** `[::1]` as a URL has it, `::1` as everyone else. */
const withoutBrackets = (hostname: string) => hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * @returns the addresses of a host, each of which is allowed.
 * @throws AddressRefused
 */
export async function resolveAllowed(
  hostname: string,
  { resolve, isAllowed }: Guard,
): Promise<readonly LookupAddress[]> {
  const host = withoutBrackets(hostname);
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family }];
  if (addresses.length === 0) throw new Error(`${host} has no address`);
  const refused = addresses.find(({ address }) => !isAllowed(address));
  if (refused) throw new AddressRefused(host, refused.address);
  return addresses;
}

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
