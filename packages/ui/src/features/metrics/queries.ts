import { getMetricHistoryBulkInterval, type MetricWithRunId } from '@bitacora/protocol';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { endpointQuery } from '../../api/endpoint-query.ts';
import type { XRange } from '../../charts/line-chart.tsx';
import type { Point } from '../../charts/series.ts';
import { toPoint } from '../../format/number.ts';

const LIVE_MS = 5_000;

export interface HistoryRequest {
  readonly runIds: readonly string[];
  readonly key: string;
  /** At most this many points per run; the server samples evenly. */
  readonly most: number;
  /** Steps to look at closely. */
  readonly steps?: XRange | undefined;
  readonly isLive: boolean;
  readonly isEnabled?: boolean;
}

/** The points of one metric of several runs, by run. */
export function useGetMetricHistoryBulkInterval({
  runIds,
  key,
  most,
  steps,
  isLive,
  isEnabled = true,
}: HistoryRequest) {
  return useQuery({
    ...endpointQuery(getMetricHistoryBulkInterval, {
      run_ids: runIds,
      metric_key: key,
      max_results: most,
      ...(steps ? { start_step: Math.floor(steps.min), end_step: Math.ceil(steps.max) } : {}),
    }),
    enabled: isEnabled && runIds.length > 0,
    refetchInterval: isLive ? LIVE_MS : false,
    staleTime: isLive ? 0 : 60_000,
    placeholderData: keepPreviousData,
    select: byRun,
  });
}

export function byRun({ metrics = [] }: { readonly metrics?: readonly MetricWithRunId[] | undefined }) {
  const runs = new Map<string, Point[]>();
  for (const { run_id, step, timestamp, value } of metrics) {
    const points = runs.get(run_id);
    const point = { step: Number(step), timestamp: Number(timestamp), value: toPoint(value) };
    if (points) points.push(point);
    else runs.set(run_id, [point]);
  }
  return runs;
}
