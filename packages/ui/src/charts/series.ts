import { smoothed } from './smoothing.ts';

export interface Series {
  readonly id: string;
  readonly label: string;
  readonly color: string;
  readonly xs: readonly number[];
  readonly ys: readonly (number | null)[];
}

export type XAxis = 'step' | 'time' | 'relative';

export interface Point {
  readonly step: number;
  readonly timestamp: number;
  readonly value: number | null;
}

/** Points along an axis, in order and one per place: where a step was logged twice, the last one counts. */
export function alongAxis(points: readonly Point[], axis: XAxis): Pick<Series, 'xs' | 'ys'> {
  const start = points.reduce((least, { timestamp }) => Math.min(least, timestamp), Number.POSITIVE_INFINITY);
  const place = ({ step, timestamp }: Point) =>
    axis === 'step' ? step : axis === 'time' ? timestamp : (timestamp - start) / 1000;
  const byPlace = new Map<number, number | null>();
  for (const point of points.toSorted((a, b) => a.timestamp - b.timestamp))
    byPlace.set(place(point), point.value);
  const entries = [...byPlace].sort(([a], [b]) => a - b);
  return { xs: entries.map(([x]) => x), ys: entries.map(([, y]) => y) };
}

export interface DrawnTable {
  readonly xs: number[];
  readonly ys: readonly (readonly (number | null)[])[];
}

/** What is drawn of a series: its values, or with smoothing the smooth curve over them. A log scale has no place for zero. */
export function drawnTable({ xs, ys }: Series, smoothing: number, isLog: boolean): DrawnTable {
  const values = isLog ? ys.map((y) => (y !== null && y > 0 ? y : null)) : ys;
  return { xs: [...xs], ys: smoothing > 0 ? [values, smoothed(values, smoothing)] : [values] };
}
