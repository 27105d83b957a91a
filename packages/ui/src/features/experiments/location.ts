/** What of the experiments list stands in its address, in MLflow's keys; a default value is not written. */
export interface ExperimentsSearch {
  readonly searchFilter?: string | undefined;
  readonly lifecycleFilter?: 'Deleted' | undefined;
  readonly orderByKey?: ExperimentOrder | undefined;
  readonly orderByAsc?: boolean | undefined;
}

export const EXPERIMENT_ORDERS = ['name', 'creation_time', 'last_update_time'] as const;
export type ExperimentOrder = (typeof EXPERIMENT_ORDERS)[number];
export const DEFAULT_EXPERIMENT_ORDER = { id: 'creation_time', ascending: false } as const;

export function readExperimentsSearch(raw: Readonly<Record<string, unknown>>): ExperimentsSearch {
  const order = EXPERIMENT_ORDERS.find((key) => key === raw.orderByKey);
  const ascending = String(raw.orderByAsc) === 'true';
  const isDefault =
    order === undefined ||
    (order === DEFAULT_EXPERIMENT_ORDER.id && ascending === DEFAULT_EXPERIMENT_ORDER.ascending);
  return {
    searchFilter:
      typeof raw.searchFilter === 'string' && raw.searchFilter !== '' ? raw.searchFilter : undefined,
    lifecycleFilter: raw.lifecycleFilter === 'Deleted' ? 'Deleted' : undefined,
    orderByKey: isDefault ? undefined : order,
    orderByAsc: isDefault ? undefined : ascending,
  };
}

/**
 * The filter that finds a piece of a name. The language has no escape for a quote inside quotes: the other kind of
 * quote is taken, and where a name has both, a `_` stands for one of them.
 */
export function nameFilter(words: string): string | undefined {
  const text = words.trim();
  if (text === '') return undefined;
  const mark = text.includes("'") ? '"' : "'";
  return `name ILIKE ${mark}%${text.replaceAll(mark, '_')}%${mark}`;
}
