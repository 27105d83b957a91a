import { BlockList, isIP } from 'node:net';

/** Addresses of this machine and of private networks: what MLflow lets through by default, but read as addresses. */
const PRIVATE = new BlockList();
PRIVATE.addSubnet('127.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('172.16.0.0', 12, 'ipv4');
PRIVATE.addSubnet('192.168.0.0', 16, 'ipv4');
PRIVATE.addAddress('0.0.0.0', 'ipv4');
PRIVATE.addAddress('::1', 'ipv6');

export type HostVerdict = 'allowed' | 'refused' | 'malformed';

/**
 * Judges the `Host` header, so that a page of another site whose name was pointed at this machine cannot speak to us.
 * A name must be allowed exactly or by a pattern (`*.example.org`, `*`) of the operator's; text that merely looks like
 * an address of ours (`10.evil.example`) is a name.
 */
export function hostJudge(
  allowed: readonly string[],
  ownHost: string,
): (header: string | undefined) => HostVerdict {
  const names = new Set(['localhost', ownHost.toLowerCase()]);
  const patterns = allowed.map((pattern) => pattern.trim().toLowerCase()).filter((pattern) => pattern !== '');
  return (header) => {
    const host = parseHost(header);
    if (host === undefined) return 'malformed';
    // The operator's list takes the place of the defaults.
    if (patterns.length > 0) {
      const full = header?.toLowerCase() ?? '';
      return patterns.some((pattern) => matches(pattern, host.name) || matches(pattern, full))
        ? 'allowed'
        : 'refused';
    }
    if (names.has(host.name)) return 'allowed';
    const version = isIP(host.name);
    return version !== 0 && PRIVATE.check(host.name, version === 6 ? 'ipv6' : 'ipv4') ? 'allowed' : 'refused';
  };
}

/** The name or address, in lower case and without brackets and port. */
export function parseHost(header: string | undefined): { readonly name: string } | undefined {
  const match =
    /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?))(?::(\d{1,5}))?$/i.exec(
      header ?? '',
    );
  if (!match || Number(match[3] ?? 0) > 65_535) return undefined;
  const [, address, name] = match;
  if (address !== undefined) return isIP(address) === 6 ? { name: address.toLowerCase() } : undefined;
  return { name: name!.toLowerCase() };
}

/** `*` stands for any text. Split at the stars and looked for in order: linear, with no expression made of the pattern. */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === text;
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > text.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
