import { useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useGetRun } from '../runs/queries.ts';
import { isUnfinished, keysOf, runName, SYSTEM_PREFIX } from '../runs/run-data.ts';
import { ChartGrid } from './chart-grid.tsx';

export const ModelMetricsTab = () => <RunMetricsTab isSystem={false} />;
export const SystemMetricsTab = () => <RunMetricsTab isSystem />;

function RunMetricsTab({ isSystem }: { readonly isSystem: boolean }) {
  const { runId } = useParams({ from: '/experiments/$experimentId/runs/$runId' });
  const run = useGetRun(runId).data?.run;
  const isLive = run !== undefined && isUnfinished(run);
  const name = run ? runName(run) : '';
  const runs = useMemo(() => [{ id: runId, name, index: 0, isLive }], [runId, name, isLive]);
  const metricKeys = useMemo(
    () => (run ? keysOf([run]).metrics.filter((key) => key.startsWith(SYSTEM_PREFIX) === isSystem) : []),
    [run, isSystem],
  );
  return run ? <ChartGrid metricKeys={metricKeys} runs={runs} /> : null;
}
