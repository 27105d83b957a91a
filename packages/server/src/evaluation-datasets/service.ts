import { type EvaluationDatasetRow, empty, type Tx } from '@bitacora/db';
import {
  type addDatasetToExperiments,
  type createDataset,
  type deleteDatasetTag,
  type getDatasetExperimentIds,
  type Input,
  notFound,
  type setDatasetTags,
  USER_TAG,
} from '@bitacora/protocol';
import type { Deps, ReadDeps } from '../deps.ts';
import {
  deleteAllAssociations,
  deleteAssociations,
  insertAssociations,
  listDestinations,
} from '../entity-associations/queries.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { listExistingExperiments } from '../experiments/queries.ts';
import { checkLength } from '../limits/values.ts';
import { holdWorkspace } from '../workspaces/hold.ts';
import { digestOf, toDatasets } from './evaluation-dataset.ts';
import * as queries from './queries.ts';

/** Widths of MLflow's columns, in characters. */
const NAME_CHARACTERS = 255;
const KEY_CHARACTERS = 255;
const VALUE_CHARACTERS = 5000;
const ID_CHARACTERS = 36;

/** More experiments than any data set belongs to. */
const MOST_EXPERIMENTS = 10_000;

export async function create(deps: Deps, input: Input<typeof createDataset>) {
  const { write, clock, random, workspace, scope } = deps;
  checkLength(input.name, NAME_CHARACTERS, 'name');
  const tags = checkTags(input.tags ?? {});
  const experiment_ids = [...new Set(input.experiment_ids)];
  for (const [index, id] of experiment_ids.entries())
    checkLength(id, ID_CHARACTERS, `experiment_ids[${index}]`);
  const user = input.tags?.[USER_TAG] ?? null;
  const dataset_id = `d-${random.hexId()}`;
  return write(async (tx) => {
    await holdWorkspace(tx, deps);
    // MLflow keeps ids of experiments that do not exist; those of another workspace must not be kept.
    if (scope.isolated) await requireExperiments(tx, scope, experiment_ids);
    const nowMs = clock.nowMs();
    await queries.insertDataset(tx, {
      dataset_id,
      name: input.name,
      digest: digestOf(input.name, nowMs),
      created_time: nowMs,
      last_update_time: nowMs,
      created_by: user,
      last_updated_by: user,
      workspace,
    });
    await queries.upsertDatasetTags(tx, dataset_id, tags);
    await associate({ tx, random }, dataset_id, experiment_ids, nowMs);
    const { dataset } = await load(tx, scope, dataset_id);
    return { dataset: { ...dataset, ...(experiment_ids.length === 0 ? {} : { experiment_ids }) } };
  });
}

export const get = ({ db, scope }: ReadDeps, { dataset_id }: { readonly dataset_id: string }) =>
  load(db, scope, dataset_id);

export async function remove({ write, scope }: Deps, { dataset_id }: { readonly dataset_id: string }) {
  await write(async (tx) => {
    if (!(await queries.findDataset(tx, scope, dataset_id))) return;
    await deleteAllAssociations(tx, 'evaluation_dataset', dataset_id);
    await queries.deleteDataset(tx, dataset_id);
  });
  return {};
}

/** A tag without a value changes nothing, as in MLflow. */
export async function setTags({ write, scope }: Deps, { dataset_id, tags }: Input<typeof setDatasetTags>) {
  const given = checkTags(tags).filter(([, value]) => value !== null);
  await write(async (tx) => {
    await requireDataset(tx, scope, dataset_id);
    await queries.upsertDatasetTags(tx, dataset_id, given);
  });
  return {};
}

export async function deleteTag({ write, scope }: Deps, { dataset_id, key }: Input<typeof deleteDatasetTag>) {
  await write(async (tx) => {
    if (await queries.findDataset(tx, scope, dataset_id)) await queries.deleteDatasetTag(tx, dataset_id, key);
  });
  return {};
}

export async function listExperimentIds(
  { db, scope }: ReadDeps,
  { dataset_id }: Input<typeof getDatasetExperimentIds>,
) {
  if (!(await queries.findDataset(db, scope, dataset_id))) return {};
  const experiment_ids = await listDestinations(db, experimentsOf(dataset_id), MOST_EXPERIMENTS);
  return experiment_ids.length === 0 ? {} : { experiment_ids };
}

export async function addExperiments(
  { write, clock, random, scope }: Deps,
  { dataset_id, experiment_ids }: Input<typeof addDatasetToExperiments>,
) {
  return write(async (tx) => {
    await requireDataset(tx, scope, dataset_id);
    const ids = await requireExperiments(tx, scope, experiment_ids);
    const nowMs = clock.nowMs();
    await associate({ tx, random }, dataset_id, ids, nowMs);
    await queries.touchDataset(tx, dataset_id, nowMs);
    return load(tx, scope, dataset_id);
  });
}

export async function removeExperiments(
  { write, clock, scope }: Deps,
  { dataset_id, experiment_ids }: Input<typeof addDatasetToExperiments>,
) {
  return write(async (tx) => {
    await requireDataset(tx, scope, dataset_id);
    const isChanged =
      experiment_ids.length > 0 &&
      (await deleteAssociations(tx, experimentsOf(dataset_id), experiment_ids)).changes > 0;
    if (isChanged) await queries.touchDataset(tx, dataset_id, clock.nowMs());
    return load(tx, scope, dataset_id);
  });
}

/** @throws MlflowError RESOURCE_DOES_NOT_EXIST */
export async function requireDataset(
  db: ReadDeps['db'],
  scope: ReadDeps['scope'],
  dataset_id: string,
  lock = empty,
): Promise<EvaluationDatasetRow> {
  const row = await queries.findDataset(db, scope, dataset_id, lock);
  if (!row) throw notFound('evaluation dataset', dataset_id);
  return row;
}

async function load(db: ReadDeps['db'], scope: ReadDeps['scope'], dataset_id: string) {
  const [dataset] = await toDatasets(db, [await requireDataset(db, scope, dataset_id)]);
  return { dataset: dataset! };
}

const experimentsOf = (dataset_id: string) =>
  ({
    source_type: 'evaluation_dataset',
    source_id: dataset_id,
    destination_type: 'experiment',
  }) as const;

const associate = (
  { tx, random }: Pick<Deps, 'random'> & { readonly tx: Tx },
  dataset_id: string,
  experiment_ids: readonly string[],
  created_time: number,
) =>
  insertAssociations(
    tx,
    experiment_ids.map((destination_id) => ({
      association_id: `a-${random.hexId()}`,
      ...experimentsOf(dataset_id),
      destination_id,
      created_time,
    })),
  );

/** @returns the ids in their one spelling, each once. */
async function requireExperiments(
  tx: Tx,
  scope: ReadDeps['scope'],
  experiment_ids: readonly string[],
): Promise<readonly string[]> {
  const ids = [...new Set(experiment_ids.map(parseExperimentId))];
  const known = new Set(await listExistingExperiments(tx, scope, ids));
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined) throw notFound('Experiment', String(unknown));
  return ids.map(String);
}

function checkTags(tags: Readonly<Record<string, string | null>>) {
  return Object.entries(tags).map(([key, value]) => {
    checkLength(key, KEY_CHARACTERS, `tags.${key.slice(0, 50)}`);
    if (value !== null) checkLength(value, VALUE_CHARACTERS, `tags.${key}`);
    return [key, value] as const;
  });
}
