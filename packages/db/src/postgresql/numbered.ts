/** PostgreSQL numbers its bound values. No text of ours has a question mark but for a value. */
export function numbered(text: string): string {
  let count = 0;
  return text.replace(/\?/g, () => `$${++count}`);
}
