import type { Run } from '@bitacora/protocol';
import { SegmentedControl, useComputedColorScheme } from '@mantine/core';
import { useMemo, useState } from 'react';
import { seriesColor } from '../../charts/palette.ts';
import { isUnfinished, keysOf, runName, SYSTEM_PREFIX } from '../runs/run-data.ts';
import classes from './chart-grid.module.css';
import { ChartGrid } from './chart-grid.tsx';

interface RunChartsProps {
  readonly runs: readonly Run[];
  /** The runs were chosen one by one: all of them are drawn. */
  readonly isSelection: boolean;
  readonly onlyMetric?: string | undefined;
}

const COUNTS = ['10', '20', '50'];
/** The server's cap for one request. */
const MOST_RUNS = 100;

/** The metrics of several runs over each other. */
export function RunCharts({ runs, isSelection, onlyMetric }: RunChartsProps) {
  const scheme = useComputedColorScheme('light');
  const [count, setCount] = useState('10');
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const drawn = useMemo(
    () => runs.slice(0, isSelection ? MOST_RUNS : Number(count)),
    [runs, isSelection, count],
  );
  const chartRuns = useMemo(
    () =>
      drawn
        .map((run, index) => ({ id: run.info.run_id, name: runName(run), index, isLive: isUnfinished(run) }))
        .filter(({ id }) => !hidden.has(id)),
    [drawn, hidden],
  );
  const metricKeys = useMemo(() => {
    const { metrics } = keysOf(drawn);
    if (onlyMetric !== undefined) return metrics.filter((key) => key === onlyMetric);
    return metrics.toSorted(
      (a, b) => Number(a.startsWith(SYSTEM_PREFIX)) - Number(b.startsWith(SYSTEM_PREFIX)),
    );
  }, [drawn, onlyMetric]);

  const toggle = (id: string) =>
    setHidden((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return (
    <ChartGrid
      metricKeys={metricKeys}
      runs={chartRuns}
      controls={
        !isSelection && (
          <SegmentedControl
            size="xs"
            aria-label="How many runs"
            data={COUNTS.map((value) => ({ value, label: `First ${value}` }))}
            value={count}
            onChange={setCount}
          />
        )
      }
      legend={
        <div className={classes.legend} role="group" aria-label="Runs shown">
          {drawn.map((run, index) => {
            const id = run.info.run_id;
            return (
              <button
                key={id}
                type="button"
                className={classes.run}
                aria-pressed={!hidden.has(id)}
                onClick={() => toggle(id)}
                title={runName(run)}
              >
                <span className={classes.dot} style={{ background: seriesColor(index, scheme) }} />
                <span className="truncate">{runName(run)}</span>
              </button>
            );
          })}
        </div>
      }
    />
  );
}
