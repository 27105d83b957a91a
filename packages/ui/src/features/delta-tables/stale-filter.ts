import { type Clause, parseFilter } from '@bitacora/search';

/** Choices for how many versions behind is too many. */
export const STALE_STEPS = [1, 5, 10, 50] as const;

const isStale = (clause: Clause) => clause.entity === 'dataset' && clause.key === 'versions_behind';

/** From how many versions behind on a filter finds runs; undefined where it does not say, or cannot be read. */
export function staleFrom(filter: string | undefined): number | undefined {
  const clause = clausesOf(filter)?.find(isStale);
  return clause?.comparator === '>=' ? Number(clause.value) : undefined;
}

/** The filter with that condition, or without; one that cannot be read stays as it is. */
export function withStale(filter: string | undefined, from: number | undefined): string | undefined {
  const clauses = clausesOf(filter);
  if (!clauses) return filter;
  const others = clauses.filter((clause) => !isStale(clause)).map(({ from, to }) => filter!.slice(from, to));
  return (
    [...others, ...(from === undefined ? [] : [`dataset.versions_behind >= ${from}`])].join(' AND ') ||
    undefined
  );
}

function clausesOf(filter: string | undefined): readonly Clause[] | undefined {
  try {
    return parseFilter('runs', filter);
  } catch {
    return undefined;
  }
}
