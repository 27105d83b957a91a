/** Ticks or clears one row, or with a `range` all rows from the one ticked last. */
export function toggled(
  selected: ReadonlySet<string>,
  keys: readonly string[],
  key: string,
  rangeFrom: string | undefined,
): ReadonlySet<string> {
  const next = new Set(selected);
  const to = keys.indexOf(key);
  const from = rangeFrom === undefined ? to : keys.indexOf(rangeFrom);
  const isTicked = !selected.has(key);
  for (const each of from < 0 ? [key] : keys.slice(Math.min(from, to), Math.max(from, to) + 1)) {
    if (isTicked) next.add(each);
    else next.delete(each);
  }
  return next;
}
