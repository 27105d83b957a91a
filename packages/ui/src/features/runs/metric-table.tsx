import type { Metric } from '@bitacora/protocol';
import { useState } from 'react';
import { TimeAgo } from '../../format/time-ago.tsx';
import { MetricValue } from '../metrics/metric-value.tsx';
import { groupByPrefix } from './key-groups.ts';
import classes from './panel.module.css';
import { Panel } from './panel.tsx';

/** The latest value of each metric. */
export function MetricTable({
  metrics,
  title = 'Metrics',
}: {
  readonly metrics: readonly Metric[];
  readonly title?: string;
}) {
  const [words, setWords] = useState('');
  const found = metrics.filter(({ key }) => key.toLowerCase().includes(words.trim().toLowerCase()));
  return (
    <Panel title={title} count={metrics.length} words={words} onWords={setWords}>
      <div className={classes.scroll}>
        <table className={classes.table} aria-label={title}>
          <thead>
            <tr>
              <th scope="col" style={{ width: '38%' }}>
                Key
              </th>
              <th scope="col" className={classes.number}>
                Latest
              </th>
              <th scope="col" className={classes.number}>
                Step
              </th>
              <th scope="col" className={classes.number}>
                Logged
              </th>
            </tr>
          </thead>
          {groupByPrefix(found).map(({ prefix, entries }) => (
            <tbody key={prefix}>
              {prefix !== '' && (
                <tr>
                  <th scope="rowgroup" colSpan={4}>
                    {prefix}
                  </th>
                </tr>
              )}
              {entries.map(({ key, value, step, timestamp, dataset_name, dataset_digest }) => (
                <tr key={`${key} ${dataset_name ?? ''} ${dataset_digest ?? ''}`}>
                  <th scope="row">
                    {key}
                    {dataset_name !== undefined && dataset_name !== '' && (
                      <span className="dim"> on {dataset_name}</span>
                    )}
                  </th>
                  <td className={classes.number}>
                    <MetricValue value={value} />
                  </td>
                  <td className={classes.number}>{String(step)}</td>
                  <td className={`${classes.number} dim`}>
                    <TimeAgo at={timestamp} />
                  </td>
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </Panel>
  );
}
