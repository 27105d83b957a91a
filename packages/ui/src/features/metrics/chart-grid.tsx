import { useId, useMemo, useState } from 'react';
import { ChartControls } from '../../charts/chart-controls.tsx';
import { useChartSettings } from '../../charts/chart-settings.ts';
import { groupByPrefix } from '../runs/key-groups.ts';
import classes from './chart-grid.module.css';
import { type ChartRun, MetricChart } from './metric-chart.tsx';

interface ChartGridProps {
  readonly metricKeys: readonly string[];
  readonly runs: readonly ChartRun[];
  /** Stands beside the other controls. */
  readonly controls?: React.ReactNode;
  /** Stands between the controls and the charts. */
  readonly legend?: React.ReactNode;
}

/** A chart for each metric, in sections by what the names begin with. */
export function ChartGrid({ metricKeys, runs, controls, legend }: ChartGridProps) {
  const [settings, setSettings] = useChartSettings();
  const [words, setWords] = useState('');
  const syncKey = useId();
  const sections = useMemo(() => {
    const sought = words.trim().toLowerCase();
    const found = metricKeys.filter((key) => key.toLowerCase().includes(sought)).map((key) => ({ key }));
    return groupByPrefix(found, 1);
  }, [metricKeys, words]);
  return (
    <div className={classes.page}>
      <ChartControls settings={settings} onSettings={setSettings} words={words} onWords={setWords}>
        {controls}
      </ChartControls>
      {legend}
      {metricKeys.length === 0 && <p className="dim">No metric has been logged.</p>}
      {sections.map(({ prefix, entries }) => (
        <details key={prefix} open className={classes.section}>
          <summary>
            {prefix === '' ? 'Metrics' : prefix} <span className="dim">{entries.length}</span>
          </summary>
          <div className={classes.grid}>
            {entries.map(({ key }) => (
              <MetricChart
                key={key}
                metricKey={key}
                runs={runs}
                settings={settings}
                syncKey={`${syncKey} ${settings.axis}`}
              />
            ))}
          </div>
        </details>
      ))}
    </div>
  );
}
