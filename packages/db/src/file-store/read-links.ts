import { dirname } from 'node:path';
import { experimentIdOf, type PartReader } from './facts.ts';
import { datasetUuid, META } from './layout.ts';
import { findFile } from './prints.ts';
import { PartReading, type Source } from './reading.ts';
import { type Meta, MetaError } from './yaml.ts';

/** What a run has read and made: a file for each, and one for each data set in the experiment's folder. */
export const readRunLinks: PartReader = (source, reading, files) => {
  if (!reading.isNew) removeLinks(source, reading.unit.id);
  for (const file of files) {
    const [folder, name, leaf, ...deeper] = file.path.split('/');
    if (name === undefined || leaf !== META || deeper.length > 0) continue;
    const meta = reading.meta(file);
    const read = folder === 'inputs' ? readInput : readOutput;
    if (meta) reading.attempt(file, () => read(source, reading, meta, name));
  }
  return true;
};

export function removeLinks({ index }: Source, run_id: string): void {
  const links = index.rows<{ input_uuid: string }>(
    `SELECT input_uuid FROM inputs WHERE destination_type = 'RUN' AND destination_id = ?
     UNION SELECT input_uuid FROM inputs WHERE source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND source_id = ?`,
    run_id,
    run_id,
  );
  for (const { input_uuid } of links) {
    index.change('DELETE FROM input_tags WHERE input_uuid = ?', input_uuid);
    index.change('DELETE FROM inputs WHERE input_uuid = ?', input_uuid);
  }
}

const LINK = `INSERT OR IGNORE INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id, step)
  VALUES (?, ?, ?, ?, ?, ?)`;

/** MLflow writes the source as the destination too, a mistake that it lives with: the folder says whose it is. */
function readInput(source: Source, reading: PartReading, meta: Meta, input_uuid: string): void {
  const { index } = source;
  const { id } = reading.unit;
  const source_id = meta.needText('source_id');
  const source_type = meta.needText('source_type');
  if (source_type === 'MODEL') {
    index.change(LINK, input_uuid, 'RUN_INPUT', id, 'MODEL_INPUT', source_id, 0);
    return;
  }
  if (source_type !== 'DATASET')
    throw new MetaError(`its source_type '${source_type}' is neither DATASET nor MODEL`);
  index.change(LINK, input_uuid, 'DATASET', ensureDataset(source, reading, source_id), 'RUN', id, 0);
  for (const [key, value] of meta.map('tags'))
    index.change(
      'INSERT OR IGNORE INTO input_tags (input_uuid, name, value) VALUES (?, ?, ?)',
      input_uuid,
      key,
      value,
    );
}

/** The folder has the name of the model, which several runs may have made. */
function readOutput({ index }: Source, { unit }: PartReading, meta: Meta, name: string): void {
  const model_id = meta.needText('destination_id');
  const step = meta.integer('step') ?? 0;
  index.change(LINK, `${unit.id}/${name}`, 'RUN_OUTPUT', unit.id, 'MODEL_OUTPUT', model_id, step);
}

/** @throws MetaError when the data set that a run has read is not there, or cannot be read. */
function ensureDataset(source: Source, reading: PartReading, folder: string): string {
  const experiment = reading.unit.parent;
  const known = source.datasets.get(`${experiment}/${folder}`);
  if (known !== undefined) return known;
  const place = dirname(reading.folder);
  const file = /^[\w-]+$/.test(folder) ? findFile(place, `datasets/${folder}/${META}`) : undefined;
  if (!file)
    throw new MetaError(
      `it names the data set '${folder}', which is not in the experiment's datasets folder`,
    );
  const dataset = new PartReading(reading.unit, place);
  const meta = dataset.meta(file);
  if (!meta) throw new MetaError(`it names the data set '${folder}', whose own file cannot be read`);
  const key = [experimentIdOf(experiment), meta.needText('name'), meta.text('digest') ?? ''] as const;
  source.index.change(
    `INSERT INTO datasets (experiment_id, name, digest, dataset_uuid, dataset_source_type, dataset_source,
       dataset_schema, dataset_profile) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (experiment_id, name, digest) DO UPDATE SET dataset_source_type = excluded.dataset_source_type,
       dataset_source = excluded.dataset_source, dataset_schema = excluded.dataset_schema,
       dataset_profile = excluded.dataset_profile`,
    ...key,
    datasetUuid(experiment, folder),
    meta.text('source_type') ?? '',
    meta.text('source') ?? '',
    meta.text('schema'),
    meta.text('profile'),
  );
  // What was logged through this server has an id of its own.
  const [row] = source.index.rows<{ dataset_uuid: string }>(
    'SELECT dataset_uuid FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?',
    ...key,
  );
  const uuid = row?.dataset_uuid ?? '';
  source.datasets.set(`${experiment}/${folder}`, uuid);
  return uuid;
}
