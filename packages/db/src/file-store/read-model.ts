import type { Insert } from '../insert.ts';
import { checkComplete, experimentIdOf, type PartReader, toStage } from './facts.ts';
import { readModelMetrics } from './read-metrics.ts';
import type { Part } from './units.ts';
import { MetaError } from './yaml.ts';

const NEEDED = ['creation_timestamp', 'name', 'status'];

const readMeta: PartReader = ({ index }, reading, [file]) => {
  const { id, parent } = reading.unit;
  const meta = file && reading.meta(file);
  if (!meta) return false;
  const row = reading.attempt(file, () => {
    checkComplete(meta, NEEDED);
    const model_id = meta.needText('model_id');
    if (model_id !== id)
      throw new MetaError(`it is that of the model '${model_id}', in the folder of another`);
    const said = meta.needText('experiment_id');
    if (said !== parent)
      throw new MetaError(`it says experiment '${said}', in the folder of experiment '${parent}'`);
    const created = meta.integer('creation_timestamp') ?? 0;
    return [
      id,
      experimentIdOf(parent),
      meta.text('name') ?? '',
      meta.text('artifact_location') ?? '',
      created,
      meta.integer('last_updated_timestamp') ?? created,
      meta.integer('status') ?? 0,
      toStage(meta),
      meta.text('model_type'),
      meta.text('source_run_id'),
      meta.text('status_message'),
    ];
  });
  if (!row) return false;
  index.change(
    `INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms,
       last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id, status_message)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (model_id) DO UPDATE SET
       experiment_id = excluded.experiment_id, name = excluded.name, artifact_location = excluded.artifact_location,
       creation_timestamp_ms = excluded.creation_timestamp_ms,
       last_updated_timestamp_ms = excluded.last_updated_timestamp_ms, status = excluded.status,
       lifecycle_stage = excluded.lifecycle_stage, model_type = excluded.model_type,
       source_run_id = excluded.source_run_id, status_message = excluded.status_message`,
    ...row,
  );
  return true;
};

function readKeyed(table: string, column: string): PartReader {
  const insert: Insert = {
    into: table,
    columns: ['model_id', 'experiment_id', `${column}_key`, `${column}_value`],
  };
  return ({ index, rows }, reading, files) => {
    const { id, parent } = reading.unit;
    if (!reading.isNew) index.change(`DELETE FROM ${table} WHERE model_id = ?`, id);
    for (const [key, value] of reading.values(files))
      rows.add(insert, [id, experimentIdOf(parent), key, value]);
    return true;
  };
}

export const MODEL_READERS: Partial<Readonly<Record<Part, PartReader>>> = {
  meta: readMeta,
  metrics: readModelMetrics,
  params: readKeyed('logged_model_params', 'param'),
  tags: readKeyed('logged_model_tags', 'tag'),
};
