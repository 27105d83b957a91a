/**
 * Whether a caller has this content already, by its `If-None-Match`: any, or a list of tags. They are compared weakly
 * (RFC 9110, 13.1.2): a proxy that compresses makes a tag weak, and a cache may know several contents.
 */
export function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  const tag = etag.replace(/^W\//, '');
  return header.match(/"[^"]*"/g)?.includes(tag) ?? false;
}
