/** A list as `list` writes it. */
const IN_LIST = /(?<!NOT )\bIN \(SELECT unnest\((CAST\(\? AS (?:text|bigint)\[\]\))\)\)/g;

/**
 * PostgreSQL numbers its bound values. No text of ours has a question mark but for a value. Lists are compared with ANY:
 * what stands in a subquery is joined, and of a table of some ten thousand rows all were read for a page of a hundred.
 */
export function numbered(text: string): string {
  let count = 0;
  return text.replace(IN_LIST, '= ANY ($1)').replace(/\?/g, () => `$${++count}`);
}
