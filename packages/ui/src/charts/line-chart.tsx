import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { shortNumber } from '../format/number.ts';
import { absoluteText, durationText } from '../format/time.ts';
import classes from './line-chart.module.css';
import { readout } from './readout.ts';
import { drawnTable, type Series, type XAxis } from './series.ts';

export interface XRange {
  readonly min: number;
  readonly max: number;
}

interface LineChartProps {
  /** What is shown, for who cannot see it. */
  readonly label: string;
  readonly series: readonly Series[];
  readonly axis: XAxis;
  readonly smoothing: number;
  readonly isLog: boolean;
  readonly height: number;
  /** Charts of one key share cursor and zoom. */
  readonly syncKey: string;
  /** The part of the axis that is zoomed to, or undefined for all of it. */
  readonly onZoom?: (range: XRange | undefined) => void;
}

const RAW_ALPHA = '40';

/** Lines on a canvas: drag to zoom, double click for all again. */
export function LineChart({
  label,
  series,
  axis,
  smoothing,
  isLog,
  height,
  syncKey,
  onZoom,
}: LineChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const scheme = useComputedColorScheme('light');
  const hasSmooth = smoothing > 0;
  const latestZoom = useRef(onZoom);
  latestZoom.current = onZoom;

  const data = useMemo(() => {
    const tables = series.map((each) => drawnTable(each, smoothing, isLog));
    if (tables.length === 0) return [[]] as uPlot.AlignedData;
    return uPlot.join(tables.map(({ xs, ys }) => [xs, ...ys] as uPlot.AlignedData));
  }, [series, smoothing, isLog]);
  const latestData = useRef(data);
  latestData.current = data;

  // A new plot is made only when its build changes, not with every point.
  const build = JSON.stringify([
    series.map(({ id, label: name, color }) => [id, name, color]),
    axis,
    hasSmooth,
    isLog,
    height,
    syncKey,
    scheme,
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: The build says all that the plot is made of.
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const text = style.getPropertyValue('--mantine-color-dimmed').trim();
    const gridLine = { stroke: style.getPropertyValue('--b-grid-line').trim(), width: 1 };
    const font = `11px ${style.fontFamily}`;
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height,
        ms: 1,
        legend: { show: false },
        padding: [8, 12, 0, 0],
        scales: { x: { time: axis === 'time' }, y: { distr: isLog ? 3 : 1 } },
        axes: [
          {
            stroke: text,
            font,
            grid: gridLine,
            ticks: gridLine,
            space: 64,
            ...(axis === 'time'
              ? {}
              : { values: (_: uPlot, splits: number[]) => splits.map((x) => xText(axis, x, true)) }),
          },
          {
            stroke: text,
            font,
            grid: gridLine,
            ticks: { show: false },
            size: 58,
            values: (_, splits) => splits.map((y) => (y === null ? '' : shortNumber(y))),
          },
        ],
        series: [{}, ...series.flatMap(({ color, label: name }) => lines(name, color, hasSmooth))],
        cursor: {
          sync: { key: syncKey, scales: ['x', null] },
          drag: { x: true, y: false, dist: 4 },
          points: { size: 6 },
          focus: { prox: 24 },
          dataIdx: nearestPoint,
        },
        focus: { alpha: 0.35 },
        hooks: {
          setScale: [
            (self, key) => {
              if (key !== 'x') return;
              latestZoom.current?.(isWhole(self) ? undefined : rangeOf(self));
            },
          ],
        },
        plugins: [readout({ isSmoothed: hasSmooth, xText: (x) => xText(axis, x, false) })],
      },
      latestData.current,
      element,
    );
    plot.current = chart;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) chart.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current = null;
      chart.destroy();
    };
  }, [build]);

  useEffect(() => {
    const chart = plot.current;
    if (!chart || chart.data === data) return;
    const isZoomed = !isWhole(chart);
    chart.setData(data, !isZoomed);
    if (isZoomed) chart.redraw();
  }, [data]);

  return <div ref={place} className={classes.place} role="img" aria-label={label} style={{ height }} />;
}

function lines(label: string, color: string, hasSmooth: boolean): uPlot.Series[] {
  const solid = { label, stroke: color, width: 1.6, points: { show: isLonely, size: 6, fill: color } };
  return hasSmooth
    ? [{ label, stroke: `${color}${RAW_ALPHA}`, width: 1, points: { show: false } }, solid]
    : [solid];
}

/** Points are drawn only where there is no line to see. */
const isLonely = (self: uPlot, seriesIndex: number): boolean =>
  [...(self.data[seriesIndex] ?? [])].filter((value) => value !== null && value !== undefined).length < 2;

const rangeOf = ({ scales }: uPlot): XRange => ({ min: scales.x?.min ?? 0, max: scales.x?.max ?? 0 });

function isWhole(self: uPlot): boolean {
  const xs = self.data[0];
  const { min, max } = rangeOf(self);
  return xs.length === 0 || (min <= (xs[0] ?? 0) && max >= (xs.at(-1) ?? 0));
}

/** How far from the cursor, in CSS pixels, a series without a point right there is still read. */
const REACH = 40;

/** Runs log at different steps: the nearest point of each series counts. */
function nearestPoint(self: uPlot, seriesIndex: number, index: number): number | null {
  const values = self.data[seriesIndex]!;
  const xs = self.data[0];
  if (values[index] !== undefined && values[index] !== null) return index;
  const at = self.valToPos(xs[index]!, 'x');
  for (let distance = 1; distance < xs.length; distance++) {
    let isInReach = false;
    for (const candidate of [index - distance, index + distance]) {
      const x = xs[candidate];
      if (x === undefined || Math.abs(self.valToPos(x, 'x') - at) > REACH) continue;
      isInReach = true;
      if (values[candidate] !== undefined && values[candidate] !== null) return candidate;
    }
    if (!isInReach) break;
  }
  return null;
}

function xText(axis: XAxis, x: number, isTick: boolean): string {
  if (axis === 'step') return isTick ? shortNumber(x) : `step ${shortNumber(x)}`;
  return axis === 'time' ? absoluteText(x) : durationText(x * 1000);
}
