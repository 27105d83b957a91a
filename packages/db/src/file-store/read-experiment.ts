import { experimentIdOf, type PartReader, toStage } from './facts.ts';
import type { Part } from './units.ts';
import { MetaError } from './yaml.ts';

const readMeta: PartReader = ({ index }, reading, [file]) => {
  const { id } = reading.unit;
  const meta = file && reading.meta(file);
  if (!meta) return false;
  const row = reading.attempt(file, () => {
    const said = meta.needText('experiment_id');
    if (said !== id) throw new MetaError(`it is that of experiment '${said}', in the folder of another`);
    const name = meta.needText('name');
    const [other] = index.rows<{ experiment_id: unknown }>(
      "SELECT experiment_id FROM experiments WHERE workspace = 'default' AND name = ? AND experiment_id <> ?",
      name,
      experimentIdOf(id),
    );
    if (other)
      throw new MetaError(
        `it has the name of experiment ${other.experiment_id}, '${name}': rename one of them`,
      );
    return [
      experimentIdOf(id),
      name,
      meta.text('artifact_location') ?? '',
      reading.isTrashed ? 'deleted' : toStage(meta),
      meta.integer('creation_time'),
      meta.integer('last_update_time'),
    ];
  });
  if (!row) return false;
  index.change(
    `INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (experiment_id) DO UPDATE SET name = excluded.name,
       artifact_location = excluded.artifact_location, lifecycle_stage = excluded.lifecycle_stage,
       creation_time = excluded.creation_time, last_update_time = excluded.last_update_time`,
    ...row,
  );
  return true;
};

const readTags: PartReader = ({ index }, reading, files) => {
  const id = experimentIdOf(reading.unit.id);
  if (!reading.isNew) index.change('DELETE FROM experiment_tags WHERE experiment_id = ?', id);
  for (const [key, value] of reading.values(files))
    index.change('INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?)', key, value, id);
  return true;
};

export const EXPERIMENT_READERS: Partial<Readonly<Record<Part, PartReader>>> = {
  meta: readMeta,
  tags: readTags,
};
