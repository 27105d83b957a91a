import type { Insert } from '../insert.ts';
import { checkComplete, experimentIdOf, type PartReader, toStage } from './facts.ts';
import { findFile } from './prints.ts';
import { readRunLinks } from './read-links.ts';
import { readRunMetrics } from './read-metrics.ts';
import type { PartReading } from './reading.ts';
import type { Part } from './units.ts';
import { type Meta, MetaError } from './yaml.ts';

export const RUN_STATUS: Readonly<Record<string, string>> = {
  1: 'RUNNING',
  2: 'SCHEDULED',
  3: 'FINISHED',
  4: 'FAILED',
  5: 'KILLED',
};

/** What no release leaves out of a run's file, the last in it among them. */
const NEEDED = ['experiment_id', 'user_id', 'start_time', 'end_time'];

const readMeta: PartReader = ({ index }, reading, [file]) => {
  const { id, parent } = reading.unit;
  const meta = file && reading.meta(file);
  if (!meta) return false;
  const row = reading.attempt(file, () => {
    checkOwner(meta, id, parent);
    const status = RUN_STATUS[meta.text('status') ?? '1'];
    if (status === undefined) throw new MetaError(`its status '${meta.text('status')}' is none from 1 to 5`);
    return [
      id,
      meta.text('run_name') || nameTag(reading),
      meta.text('user_id'),
      status,
      meta.integer('start_time'),
      meta.integer('end_time'),
      toStage(meta),
      meta.text('artifact_uri') ?? '',
      experimentIdOf(parent),
      meta.integer('deleted_time'),
    ];
  });
  if (!row) return false;
  index.change(
    `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
       source_version, lifecycle_stage, artifact_uri, experiment_id, deleted_time)
     VALUES (?, ?, 'LOCAL', '', '', ?, ?, ?, ?, '', ?, ?, ?, ?) ON CONFLICT (run_uuid) DO UPDATE SET
       name = excluded.name, user_id = excluded.user_id, status = excluded.status, start_time = excluded.start_time,
       end_time = excluded.end_time, lifecycle_stage = excluded.lifecycle_stage, artifact_uri = excluded.artifact_uri,
       experiment_id = excluded.experiment_id, deleted_time = excluded.deleted_time`,
    ...row,
  );
  return true;
};

function checkOwner(meta: Meta, id: string, experiment: string): void {
  checkComplete(meta, NEEDED);
  const run_id = meta.text('run_id') ?? meta.text('run_uuid');
  if (run_id !== id) throw new MetaError(`it is that of the run '${run_id}', in the folder of another`);
  const said = meta.text('experiment_id');
  if (said !== experiment)
    throw new MetaError(`it says experiment '${said}', in the folder of experiment '${experiment}'`);
}

/** Releases before 2.0 kept the name of a run in its tag alone. */
function nameTag(reading: PartReading): string {
  const tag = findFile(reading.folder, 'tags/mlflow.runName');
  return (tag && reading.text(tag)) ?? '';
}

function readKeyed(table: 'params' | 'tags'): PartReader {
  const insert: Insert = { into: table, columns: ['key', 'value', 'run_uuid'] };
  return ({ index, rows }, reading, files) => {
    const { id } = reading.unit;
    if (!reading.isNew) index.change(`DELETE FROM ${table} WHERE run_uuid = ?`, id);
    for (const [key, value] of reading.values(files)) rows.add(insert, [key, value, id]);
    return true;
  };
}

export const RUN_READERS: Partial<Readonly<Record<Part, PartReader>>> = {
  meta: readMeta,
  metrics: readRunMetrics,
  params: readKeyed('params'),
  tags: readKeyed('tags'),
  links: readRunLinks,
};
