import { matches, parseHost } from './hosts.ts';

/**
 * Whether a browser page of `origin` may use the API. Requests without an Origin come from programs, not pages; a page
 * of this server itself, of this machine, or of an origin that the operator lists may; `null` (a sandboxed or local
 * file) may not.
 */
export function originJudge(
  allowed: readonly string[],
): (origin: string | undefined, host: string | undefined) => boolean {
  const patterns = allowed.map((pattern) => pattern.trim().toLowerCase()).filter((pattern) => pattern !== '');
  return (header, host) => {
    if (header === undefined) return true;
    const origin = header.toLowerCase();
    if (patterns.some((pattern) => matches(pattern, origin))) return true;
    const authority = /^https?:\/\/([^/]+)$/.exec(origin)?.[1];
    if (authority === undefined) return false;
    if (authority === host?.toLowerCase()) return true;
    const name = parseHost(authority)?.name;
    return name === 'localhost' || name === '127.0.0.1' || name === '::1';
  };
}
