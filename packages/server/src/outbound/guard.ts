import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
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
export const withoutBrackets = (hostname: string) => hostname.replace(/^\[(.*)\]$/, '$1');

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
