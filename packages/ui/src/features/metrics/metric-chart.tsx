import { ActionIcon, Modal, useComputedColorScheme } from '@mantine/core';
import { useMemo, useState } from 'react';
import { BarList } from '../../charts/bar-list.tsx';
import type { ChartSettings } from '../../charts/chart-settings.ts';
import { LineChart, type XRange } from '../../charts/line-chart.tsx';
import { seriesColor } from '../../charts/palette.ts';
import { alongAxis } from '../../charts/series.ts';
import { ErrorState } from '../../errors/error-state.tsx';
import { plural } from '../../format/number.ts';
import { ExpandIcon } from '../../icons/icons.tsx';
import classes from './metric-chart.module.css';
import { useNearView } from './near-view.ts';
import { useGetMetricHistoryBulkInterval } from './queries.ts';

export interface ChartRun {
  readonly id: string;
  readonly name: string;
  /** Its place among the drawn runs, which gives its colour in every chart. */
  readonly index: number;
  readonly isLive: boolean;
}

interface MetricChartProps {
  readonly metricKey: string;
  readonly runs: readonly ChartRun[];
  readonly settings: ChartSettings;
  readonly syncKey: string;
}

const HEIGHT = 210;
const LARGE_HEIGHT = 520;

/** One metric of some runs; asks for its points when it comes near the view. */
export function MetricChart(props: MetricChartProps) {
  const { metricKey } = props;
  const [place, isNear] = useNearView<HTMLElement>();
  const [isLarge, setLarge] = useState(false);
  return (
    <section ref={place} className={classes.card} aria-label={metricKey}>
      <div className={classes.head}>
        <h3 className="truncate" title={metricKey}>
          {metricKey}
        </h3>
        <ActionIcon size="sm" aria-label={`Enlarge ${metricKey}`} onClick={() => setLarge(true)}>
          <ExpandIcon size={14} />
        </ActionIcon>
      </div>
      <div className={classes.body} style={{ height: HEIGHT }}>
        {isNear && <Plot {...props} height={HEIGHT} most={props.runs.length > 12 ? 300 : 800} />}
      </div>
      {isLarge && (
        <Modal
          opened
          onClose={() => setLarge(false)}
          title={metricKey}
          size="90%"
          closeButtonProps={{ 'aria-label': 'Close' }}
        >
          <Plot {...props} syncKey={`${props.syncKey} large`} height={LARGE_HEIGHT} most={2_500} />
        </Modal>
      )}
    </section>
  );
}

interface PlotProps extends MetricChartProps {
  readonly height: number;
  readonly most: number;
}

function Plot({ metricKey, runs, settings, syncKey, height, most }: PlotProps) {
  const scheme = useComputedColorScheme('light');
  const [zoom, setZoom] = useState<XRange>();
  const { axis, smoothing, isLog } = settings;
  const runIds = useMemo(() => runs.map(({ id }) => id), [runs]);
  const isLive = runs.some((run) => run.isLive);
  const whole = useGetMetricHistoryBulkInterval({ runIds, key: metricKey, most, isLive });
  const isSampled = [...(whole.data?.values() ?? [])].some((points) => points.length >= most);
  // A part that is zoomed to has its own sample: the closer one looks, the more of its points are there.
  const isDetailed = zoom !== undefined && axis === 'step' && isSampled;
  const detail = useGetMetricHistoryBulkInterval({
    runIds,
    key: metricKey,
    most,
    steps: zoom,
    isLive,
    isEnabled: isDetailed,
  });
  const histories = isDetailed ? (detail.data ?? whole.data) : whole.data;
  const series = useMemo(
    () =>
      runs.flatMap(({ id, name, index }) => {
        const points = histories?.get(id);
        if (!points) return [];
        return [{ id, label: name, color: seriesColor(index, scheme), ...alongAxis(points, axis) }];
      }),
    [runs, histories, axis, scheme],
  );

  if (whole.error && !whole.data)
    return <ErrorState error={whole.error} onRetry={() => void whole.refetch()} />;
  if (!whole.data) return <p className="dim">Loading…</p>;
  const values = series.flatMap(({ ys }) => ys);
  if (values.every((value) => value === null)) {
    return <p className="dim">{values.length === 0 ? 'No points.' : 'Only NaN or infinite values.'}</p>;
  }
  if (isLog && values.every((value) => value === null || value <= 0)) {
    return <p className="dim">No positive value: nothing to show on a log scale.</p>;
  }
  const label = `${metricKey} of ${plural(series.length, 'run')}`;
  if (!zoom && series.every(({ xs }) => xs.length <= 1)) {
    return (
      <BarList
        label={label}
        bars={series.map(({ id, label: name, color, ys }) => ({
          id,
          label: name,
          color,
          value: ys[0] ?? null,
        }))}
      />
    );
  }
  return (
    <>
      <LineChart
        label={label}
        series={series}
        axis={axis}
        smoothing={smoothing}
        isLog={isLog}
        height={height}
        syncKey={syncKey}
        onZoom={setZoom}
      />
      {isSampled && <span className={classes.note}>sampled{zoom ? '' : ', zoom for more'}</span>}
    </>
  );
}
