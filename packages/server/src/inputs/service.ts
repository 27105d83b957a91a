import type { Tx } from '@bitacora/db';
import {
  type DatasetInput,
  type Input,
  invalidParameter,
  type logInputs,
  type logOutputs,
  type searchDatasets,
} from '@bitacora/protocol';
import { noteDeltaInput } from '../delta-tables/notes.ts';
import { DELTA_TABLE } from '../delta-tables/source.ts';
import type { Deps, ReadDeps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { checkLength } from '../limits/values.ts';
import { requireActiveRun } from '../runs/active.ts';
import { checkRunId } from '../runs/batch.ts';
import {
  findDatasetId,
  insertDataset,
  insertInputTags,
  insertLinks,
  listDatasetSummaries,
} from './queries.ts';

/** MLflow's caps, in characters. */
const MOST = {
  name: 500,
  digest: 36,
  source: 65_535,
  schema: 1_048_575,
  profile: 16_777_215,
  tag_key: 255,
  tag_value: 500,
} as const;

/** Of each list of one call. MLflow has no cap; thirty thousand data sets held every other write for a minute. */
const MOST_AT_ONCE = 1000;

const MOST_EXPERIMENTS = 20;
const MOST_SUMMARIES = 1000;

export async function logRunInputs(
  { write, random, scope, clock, wakeRecorder }: Deps,
  { run_id, datasets, models }: Input<typeof logInputs>,
) {
  checkRunId(run_id);
  checkCount('datasets', datasets);
  checkCount('models', models);
  datasets.forEach((input, index) => {
    checkDatasetInput(input, `datasets[${index}]`);
  });
  await write(async (tx) => {
    const { experiment_id } = await requireActiveRun(tx, scope, run_id);
    for (const { dataset, tags } of datasets) {
      const dataset_uuid = await ensureDataset(tx, {
        ...dataset,
        experiment_id,
        dataset_uuid: random.hexId(),
      });
      const input_uuid = random.hexId();
      const made = await insertLinks(tx, [
        {
          input_uuid,
          source_type: 'DATASET',
          source_id: dataset_uuid,
          destination_type: 'RUN',
          destination_id: run_id,
        },
      ]);
      // Tags belong to the first time a data set is recorded on a run.
      if (made === 0) continue;
      await insertInputTags(tx, input_uuid, tags);
      if (dataset.source_type !== DELTA_TABLE) continue;
      await noteDeltaInput(tx, { ...dataset, run_id, logged_timestamp: clock.nowMs() });
      wakeRecorder();
    }
    await insertLinks(
      tx,
      models.map(({ model_id }) => ({
        input_uuid: random.hexId(),
        source_type: 'RUN_INPUT',
        source_id: run_id,
        destination_type: 'MODEL_INPUT',
        destination_id: model_id,
      })),
    );
  });
  return {};
}

/** A data set is known by experiment, name and digest; whoever records it first says where it came from. */
async function ensureDataset(tx: Tx, dataset: Parameters<typeof insertDataset>[1]): Promise<string> {
  const find = () => findDatasetId(tx, dataset.experiment_id, dataset.name, dataset.digest);
  const known = await find();
  if (known) return known.dataset_uuid;
  // Runs of a sweep record the same one at the same time: the first counts.
  await insertDataset(tx, dataset);
  return (await find())?.dataset_uuid ?? dataset.dataset_uuid;
}

function checkCount(field: string, list: readonly unknown[]): void {
  if (list.length > MOST_AT_ONCE) {
    throw invalidParameter(
      `Parameter '${field}' has ${list.length} entries, at most ${MOST_AT_ONCE} are allowed. Send them in several requests.`,
    );
  }
}

function checkDatasetInput({ dataset, tags }: DatasetInput, path: string): void {
  for (const field of ['name', 'digest', 'source', 'schema', 'profile'] as const) {
    checkLength(dataset[field] ?? '', MOST[field], `${path}.dataset.${field}`);
  }
  tags.forEach(({ key, value }, index) => {
    checkLength(key, MOST.tag_key, `${path}.tags[${index}].key`);
    checkLength(value, MOST.tag_value, `${path}.tags[${index}].value`);
  });
}

/** Recording an output again changes nothing, so that a client may retry; MLflow refuses the repetition. */
export async function logRunOutputs(
  { write, random, scope }: Deps,
  { run_id, models }: Input<typeof logOutputs>,
) {
  if (models.length === 0) throw invalidParameter("Parameter 'models' is empty. Name at least one model.");
  checkCount('models', models);
  await write(async (tx) => {
    await requireActiveRun(tx, scope, run_id);
    await insertLinks(
      tx,
      models.map(({ model_id, step }) => ({
        input_uuid: random.hexId(),
        source_type: 'RUN_OUTPUT',
        source_id: run_id,
        destination_type: 'MODEL_OUTPUT',
        destination_id: model_id,
        step,
      })),
    );
  });
  return {};
}

export async function searchDatasetSummaries(
  { db, scope }: ReadDeps,
  { experiment_ids }: Input<typeof searchDatasets>,
) {
  if (experiment_ids.length === 0 || experiment_ids.length > MOST_EXPERIMENTS) {
    throw invalidParameter(
      `Parameter 'experiment_ids' has ${experiment_ids.length} ids, from 1 to ${MOST_EXPERIMENTS} are allowed.`,
    );
  }
  const rows = await listDatasetSummaries(db, scope, experiment_ids.map(parseExperimentId), MOST_SUMMARIES);
  const dataset_summaries = rows.map(({ experiment_id, context, ...row }) => ({
    ...row,
    experiment_id: String(experiment_id),
    ...(context === null ? {} : { context }),
  }));
  return dataset_summaries.length === 0 ? {} : { dataset_summaries };
}
