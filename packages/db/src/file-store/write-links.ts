import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SqliteConnection } from '../sqlite/connection.ts';
import type { DatasetRow, InputRow, InputTagRow } from '../tables/index.ts';
import { datasetFolder, inputFolder, META } from './layout.ts';
import { checkFolderName } from './names.ts';
import type { FileChanges } from './writing.ts';
import { type MetaValue, toMetaText } from './yaml-text.ts';

/**
 * Puts what a run has read or made into its folder, and the data set into its experiment's.
 *
 * @returns the path of the file below the run's folder; undefined where the link is gone.
 */
export function writeLink(
  index: SqliteConnection,
  changes: FileChanges,
  run: { readonly id: string; readonly folder: string },
  input_uuid: string,
): string | undefined {
  const [row] = index.rows<InputRow>('SELECT * FROM inputs WHERE input_uuid = ?', input_uuid);
  if (!row) return undefined;
  if (row.source_type === 'RUN_OUTPUT') {
    const model_id = checkFolderName(row.destination_id);
    return put(changes, run.folder, `outputs/${model_id}`, {
      ...edge(model_id, 'RUN_OUTPUT', 'MODEL_OUTPUT'),
      step: row.step,
    });
  }
  if (row.source_type === 'RUN_INPUT') {
    const model_id = row.destination_id;
    return put(
      changes,
      run.folder,
      `inputs/${inputFolder(model_id, run.id)}`,
      edge(model_id, 'MODEL', 'RUN'),
    );
  }
  const [dataset] = index.rows<DatasetRow>('SELECT * FROM datasets WHERE dataset_uuid = ?', row.source_id);
  if (!dataset) return undefined;
  const dataset_id = writeDataset(changes, dirname(run.folder), dataset);
  const tags = index.rows<InputTagRow>('SELECT * FROM input_tags WHERE input_uuid = ?', input_uuid);
  return put(changes, run.folder, `inputs/${inputFolder(dataset_id, run.id)}`, {
    ...edge(dataset_id, 'DATASET', 'RUN'),
    tags: Object.fromEntries(tags.map(({ name, value }) => [name, value])),
  });
}

/** MLflow writes the source as the destination too, and reads a model that was made from there. */
const edge = (id: string, source_type: string, destination_type: string): Record<string, MetaValue> => ({
  destination_id: id,
  destination_type,
  source_id: id,
  source_type,
  tags: {},
});

function put(changes: FileChanges, run: string, name: string, values: Record<string, MetaValue>): string {
  const path = `${name}/${META}`;
  changes.write(join(run, path), toMetaText(values), run);
  return path;
}

/** The first to record a data set says where it came from. */
function writeDataset(changes: FileChanges, experiment: string, row: DatasetRow): string {
  const id = datasetFolder(row.name, row.digest);
  const path = join(experiment, 'datasets', id, META);
  if (!existsSync(path)) {
    const text = toMetaText({
      digest: row.digest,
      name: row.name,
      profile: row.dataset_profile,
      schema: row.dataset_schema,
      source: row.dataset_source,
      source_type: row.dataset_source_type,
    });
    changes.write(path, text, experiment);
  }
  return id;
}
