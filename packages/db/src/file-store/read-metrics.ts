import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Insert } from '../insert.ts';
import { experimentIdOf, type PartReader } from './facts.ts';
import { META } from './layout.ts';
import { type Point, parseModelPoint, parsePoint } from './points.ts';
import type { FoundFile } from './prints.ts';
import { keyOf, type PartReading } from './reading.ts';

/** NaN is kept as the value 0 with a flag; infinities as they are, which files can hold. */
const stored = (value: number) => (Number.isNaN(value) ? 0 : value);
const flag = (value: number) => Number(Number.isNaN(value));

const POINTS: Insert = {
  into: 'metrics',
  columns: ['key', 'value', 'timestamp', 'run_uuid', 'step', 'is_nan'],
  onConflict: 'ignore',
};
const LATEST: Insert = {
  into: 'latest_metrics',
  columns: ['key', 'value', 'timestamp', 'step', 'is_nan', 'run_uuid'],
};

export const readRunMetrics: PartReader = ({ index, rows }, reading, files) => {
  const { id } = reading.unit;
  if (!reading.isNew) index.change('DELETE FROM metrics WHERE run_uuid = ?', id);
  if (!reading.isNew) index.change('DELETE FROM latest_metrics WHERE run_uuid = ?', id);
  for (const file of files) {
    const key = keyOf(file);
    let latest: Point | undefined;
    for (const point of pointsOf(reading, file, parsePoint)) {
      const { value, timestamp, step } = point;
      if (latest === undefined || isLater(point, latest)) latest = point;
      rows.add(POINTS, [key, stored(value), timestamp, id, step, flag(value)]);
    }
    if (latest === undefined) continue;
    const { value, timestamp, step } = latest;
    rows.add(LATEST, [key, stored(value), timestamp, step, flag(value), id]);
  }
  return true;
};

const isLater = (a: Point, b: Point): boolean => {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return stored(a.value) > stored(b.value);
};

export const readModelMetrics: PartReader = ({ index }, reading, files) => {
  const { id, parent } = reading.unit;
  if (!reading.isNew) index.change('DELETE FROM logged_model_metrics WHERE model_id = ?', id);
  const known = new Map<string, boolean>();
  for (const file of files) {
    for (const point of pointsOf(reading, file, parseModelPoint)) {
      let isKnown = known.get(point.run_id);
      if (isKnown === undefined) {
        isKnown = index.rows('SELECT 1 AS one FROM runs WHERE run_uuid = ?', point.run_id).length > 0;
        known.set(point.run_id, isKnown);
        // A run that was made this moment has yet to be read; one that is gone took its points with it.
        if (!isKnown && existsSync(join(reading.folder, '../..', point.run_id, META)))
          reading.leaveUnsettled();
      }
      if (!isKnown) continue;
      index.change(
        `INSERT OR IGNORE INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step,
           metric_value, experiment_id, run_id, dataset_name, dataset_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        keyOf(file),
        point.timestamp,
        point.step,
        stored(point.value),
        experimentIdOf(parent),
        point.run_id,
        point.dataset_name,
        point.dataset_digest,
      );
    }
  }
  return true;
};

/** The points of a file. A line without an end is half written: what it says may be cut short. */
function pointsOf(
  reading: PartReading,
  file: FoundFile,
  parse: (line: string) => Point | undefined,
): Point[] {
  const text = reading.text(file);
  if (text === undefined) return [];
  const lines = text.split('\n');
  const rest = lines.pop();
  const points: Point[] = [];
  const bad: number[] = [];
  lines.forEach((line, index) => {
    const point = line === '' ? undefined : parse(line);
    if (point) points.push(point);
    else if (line !== '') bad.push(index + 1);
  });
  if (bad.length === 1) reading.skip(file, `line ${bad[0]} is no point of a metric`);
  else if (bad.length > 1)
    reading.skip(file, `${bad.length} lines, from line ${bad[0]} on, are no points of a metric`);
  else if (rest !== '') reading.skip(file, `line ${lines.length + 1} is half written`);
  else if (points.length === 0) reading.skip(file, 'it has no points');
  return points;
}
