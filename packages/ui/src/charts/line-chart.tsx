import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { metricText } from '../app/display.ts';

export interface Line {
  readonly name: string;
  readonly color: string;
  readonly points: readonly { readonly x: number; readonly y: number | null; readonly raw?: number | null }[];
}

interface Props {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly isTime: boolean;
  readonly isLog: boolean;
}

const HEIGHT = 240;

/** Lines over a shared x; the cursor stands at the same x in every chart of the page. */
export function LineChart({ title, lines, isTime, isLog }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const ink = scheme === 'dark' ? '#c9d1d4' : '#3b4a50';
    const grid = { stroke: scheme === 'dark' ? '#2d3538' : '#e6ecee', width: 1 };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        cursor: { sync: { key: 'metrics' }, focus: { prox: 24 } },
        scales: { x: { time: isTime }, y: { distr: isLog ? 3 : 1 } },
        axes: [
          { stroke: ink, grid },
          {
            stroke: ink,
            grid,
            size: 64,
            values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : metricText(tick))),
          },
        ],
        legend: { show: lines.length <= 8 },
        series: [{}, ...lines.flatMap(seriesOf)],
      },
      align(lines, isLog),
      element,
    );
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [lines, isTime, isLog, scheme]);
  return (
    <div
      ref={host}
      role="img"
      aria-label={`Chart of ${title} for ${lines.map(({ name }) => name).join(', ')}`}
      style={{ width: '100%', minHeight: HEIGHT }}
    />
  );
}

/** The smoothed line, and the raw one faint behind it where they differ. */
function seriesOf({ name, color, points }: Line): uPlot.Series[] {
  const value: uPlot.Series['value'] = (_, y) => (y === null ? '–' : metricText(y));
  const single = points.length < 40;
  const main: uPlot.Series = {
    label: name,
    stroke: color,
    width: 2,
    value,
    spanGaps: true,
    points: { show: single, size: 5 },
  };
  return points.some(({ raw }) => raw !== undefined)
    ? [
        {
          label: `${name} (raw)`,
          stroke: `${color}44`,
          width: 1,
          value,
          spanGaps: true,
          points: { show: false },
        },
        main,
      ]
    : [main];
}

function align(lines: readonly Line[], isLog: boolean): uPlot.AlignedData {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const at = new Map(xs.map((x, index) => [x, index]));
  // A logarithm has no place for zero and below.
  const fit = (y: number | null | undefined) =>
    y === null || y === undefined || (isLog && y <= 0) ? null : y;
  const column = (
    points: Line['points'],
    pick: (point: Line['points'][number]) => number | null | undefined,
  ) => {
    const ys = new Array<number | null | undefined>(xs.length);
    for (const point of points) ys[at.get(point.x)!] = fit(pick(point));
    return ys;
  };
  return [
    xs,
    ...lines.flatMap(({ points }) => {
      const main = column(points, ({ y }) => y);
      return points.some(({ raw }) => raw !== undefined) ? [column(points, ({ raw }) => raw), main] : [main];
    }),
  ];
}
