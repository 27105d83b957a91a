import { checkComplete, type PartReader } from './facts.ts';
import type { Part } from './units.ts';
import { MetaError } from './yaml.ts';

const readModelMeta: PartReader = ({ index }, reading, [file]) => {
  const { id } = reading.unit;
  const meta = file && reading.meta(file);
  if (!meta) return false;
  const row = reading.attempt(file, () => {
    const name = meta.needText('name');
    if (name !== id)
      throw new MetaError(`it is that of the registered model '${name}', in the folder of another`);
    return [
      id,
      meta.integer('creation_timestamp'),
      meta.integer('last_updated_timestamp'),
      meta.text('description'),
    ];
  });
  if (!row) return false;
  index.change(
    `INSERT INTO registered_models (name, creation_time, last_updated_time, description) VALUES (?, ?, ?, ?)
     ON CONFLICT (workspace, name) DO UPDATE SET creation_time = excluded.creation_time,
       last_updated_time = excluded.last_updated_time, description = excluded.description`,
    ...row,
  );
  return true;
};

const readModelTags: PartReader = ({ index }, reading, files) => {
  const { id } = reading.unit;
  if (!reading.isNew) index.change('DELETE FROM registered_model_tags WHERE name = ?', id);
  for (const [key, value] of reading.values(files))
    index.change('INSERT INTO registered_model_tags (key, value, name) VALUES (?, ?, ?)', key, value, id);
  return true;
};

/** Each alias is a file that holds the number of its version; the list in meta.yaml is a copy of some moment. */
const readAliases: PartReader = ({ index }, reading, files) => {
  const { id } = reading.unit;
  if (!reading.isNew) index.change('DELETE FROM registered_model_aliases WHERE name = ?', id);
  for (const file of files) {
    const [value] = reading.values([file]);
    if (value === undefined) continue;
    const [alias, version] = value;
    if (/^\d{1,9}$/.test(version))
      index.change(
        'INSERT INTO registered_model_aliases (alias, version, name) VALUES (?, ?, ?)',
        alias,
        Number(version),
        id,
      );
    else reading.skip(file, 'it holds no number of a version');
  }
  return true;
};

const NEEDED = ['creation_timestamp', 'current_stage', 'source', 'version'];

const readVersionMeta: PartReader = ({ index }, reading, [file]) => {
  const { id, parent } = reading.unit;
  const meta = file && reading.meta(file);
  if (!meta) return false;
  const row = reading.attempt(file, () => {
    checkComplete(meta, NEEDED);
    const [name, version] = [meta.needText('name'), meta.integer('version')];
    if (`${name}/${version}` !== id)
      throw new MetaError(`it is that of version ${version} of '${name}', in the folder of another`);
    return [
      parent,
      version,
      meta.integer('creation_timestamp'),
      meta.integer('last_updated_timestamp'),
      meta.text('description'),
      meta.text('user_id'),
      meta.text('current_stage') ?? 'None',
      meta.text('source'),
      meta.text('run_id'),
      meta.text('status') ?? 'READY',
      meta.text('status_message'),
      meta.text('run_link'),
      meta.text('storage_location'),
    ];
  });
  if (!row) return false;
  index.change(
    `INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, user_id, current_stage,
       source, run_id, status, status_message, run_link, storage_location)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (workspace, name, version) DO UPDATE SET
       creation_time = excluded.creation_time, last_updated_time = excluded.last_updated_time,
       description = excluded.description, user_id = excluded.user_id, current_stage = excluded.current_stage,
       source = excluded.source, run_id = excluded.run_id, status = excluded.status,
       status_message = excluded.status_message, run_link = excluded.run_link,
       storage_location = excluded.storage_location`,
    ...row,
  );
  return true;
};

const readVersionTags: PartReader = ({ index }, reading, files) => {
  const { id, parent } = reading.unit;
  const version = Number(id.slice(parent.length + 1));
  if (!reading.isNew)
    index.change('DELETE FROM model_version_tags WHERE name = ? AND version = ?', parent, version);
  for (const [key, value] of reading.values(files))
    index.change(
      'INSERT INTO model_version_tags (key, value, name, version) VALUES (?, ?, ?, ?)',
      key,
      value,
      parent,
      version,
    );
  return true;
};

export const REGISTERED_READERS: Partial<Readonly<Record<Part, PartReader>>> = {
  meta: readModelMeta,
  tags: readModelTags,
  links: readAliases,
};

export const VERSION_READERS: Partial<Readonly<Record<Part, PartReader>>> = {
  meta: readVersionMeta,
  tags: readVersionTags,
};
