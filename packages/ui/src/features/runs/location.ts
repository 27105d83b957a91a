import { readDatasetsFilter } from '../datasets/location.ts';

/** What of a runs table stands in its address, in MLflow's keys and values; a default is not written. */
export interface RunsSearch {
  readonly searchFilter?: string | undefined;
  /** As in `order_by`, without the direction: ``metrics.`val/acc` ``. */
  readonly orderByKey?: string | undefined;
  readonly orderByAsc?: boolean | undefined;
  readonly lifecycleFilter?: 'Deleted' | undefined;
  readonly startTime?: StartTime | undefined;
  readonly compareRunsMode?: 'CHART' | undefined;
  /** MLflow's; it goes into the filter and is not written again. */
  readonly datasetsFilter?: undefined;
}

export const DEFAULT_RUN_ORDER = { id: 'attributes.start_time', ascending: false } as const;

const HOUR_MS = 3_600_000;
export const START_TIMES = {
  LAST_HOUR: { label: 'Last hour', ms: HOUR_MS },
  LAST_24_HOURS: { label: 'Last 24 hours', ms: 24 * HOUR_MS },
  LAST_7_DAYS: { label: 'Last 7 days', ms: 7 * 24 * HOUR_MS },
  LAST_30_DAYS: { label: 'Last 30 days', ms: 30 * 24 * HOUR_MS },
  LAST_YEAR: { label: 'Last year', ms: 365 * 24 * HOUR_MS },
} as const;
export type StartTime = keyof typeof START_TIMES;

const isStartTime = (text: unknown): text is StartTime =>
  typeof text === 'string' && Object.hasOwn(START_TIMES, text);

export function readRunsSearch(raw: Readonly<Record<string, unknown>>): RunsSearch {
  const key = typeof raw.orderByKey === 'string' && raw.orderByKey !== '' ? raw.orderByKey : undefined;
  const ascending = String(raw.orderByAsc) === 'true';
  const isDefault =
    key === undefined || (key === DEFAULT_RUN_ORDER.id && ascending === DEFAULT_RUN_ORDER.ascending);
  return {
    searchFilter: joined(
      typeof raw.searchFilter === 'string' && raw.searchFilter !== '' ? raw.searchFilter : undefined,
      readDatasetsFilter(raw.datasetsFilter),
    ),
    orderByKey: isDefault ? undefined : key,
    orderByAsc: isDefault ? undefined : ascending,
    lifecycleFilter: raw.lifecycleFilter === 'Deleted' ? 'Deleted' : undefined,
    startTime: isStartTime(raw.startTime) ? raw.startTime : undefined,
    compareRunsMode: raw.compareRunsMode === 'CHART' ? 'CHART' : undefined,
    datasetsFilter: undefined,
  };
}

const joined = (...filters: readonly (string | undefined)[]): string | undefined =>
  filters.filter((filter) => filter !== undefined).join(' AND ') || undefined;

/** A minute's rounding keeps the request, and so its cached answer, the same from one moment to the next. */
const ROUNDING_MS = 60_000;

export interface RunsRequest {
  readonly experiment_ids: readonly string[];
  readonly filter?: string;
  readonly run_view_type: 'ACTIVE_ONLY' | 'DELETED_ONLY';
  readonly order_by: readonly string[];
}

/** The search that an address asks for. */
export function toRunsRequest(
  experimentIds: readonly string[],
  search: RunsSearch,
  now: number,
): RunsRequest {
  const since =
    search.startTime === undefined
      ? undefined
      : Math.floor((now - START_TIMES[search.startTime].ms) / ROUNDING_MS) * ROUNDING_MS;
  const clauses = [
    ...(search.searchFilter === undefined ? [] : [search.searchFilter]),
    ...(since === undefined ? [] : [`attributes.start_time >= ${since}`]),
  ];
  const order = search.orderByKey ?? DEFAULT_RUN_ORDER.id;
  const direction = (search.orderByAsc ?? DEFAULT_RUN_ORDER.ascending) ? 'ASC' : 'DESC';
  return {
    experiment_ids: experimentIds,
    ...(clauses.length === 0 ? {} : { filter: clauses.join(' AND ') }),
    run_view_type: search.lifecycleFilter === 'Deleted' ? 'DELETED_ONLY' : 'ACTIVE_ONLY',
    order_by: [`${order} ${direction}`],
  };
}
