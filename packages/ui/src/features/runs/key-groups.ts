export interface KeyGroup<Entry> {
  /** The shared beginning up to the slash or dot; empty for keys on their own. */
  readonly prefix: string;
  readonly entries: readonly Entry[];
}

/** Fewer keys than this are read as one list. */
const WORTH_GROUPING = 16;

/** Keys by their first part, `data/…` with `data/…`, where there are many and parts are shared. */
export function groupByPrefix<Entry extends { readonly key: string }>(
  entries: readonly Entry[],
  fewest = WORTH_GROUPING,
): readonly KeyGroup<Entry>[] {
  const sorted = [...entries].sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }));
  if (sorted.length < fewest) return [{ prefix: '', entries: sorted }];
  const byPrefix = Map.groupBy(sorted, ({ key }) => /^([^/.]+)[/.]/.exec(key)?.[1] ?? '');
  const groups: KeyGroup<Entry>[] = [];
  const alone: Entry[] = [];
  for (const [prefix, group] of byPrefix) {
    if (prefix === '' || group.length === 1) alone.push(...group);
    else groups.push({ prefix, entries: group });
  }
  return alone.length === 0 ? groups : [{ prefix: '', entries: alone }, ...groups];
}
