import { joinArtifactUri } from '@bitacora/artifacts';
import { type Db, empty, FOR_UPDATE, isUniqueViolation, type Tx } from '@bitacora/db';
import {
  type createLoggedModel,
  type deleteLoggedModelTag,
  type finalizeLoggedModel,
  type getLoggedModel,
  type Input,
  invalidParameter,
  LOGGED_MODEL_STATUS,
  type LoggedModel,
  type logLoggedModelParams,
  MlflowError,
  notFound,
  preview,
  type setLoggedModelTags,
} from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { requireActive } from '../experiments/service.ts';
import { checkLength } from '../limits/values.ts';
import { randomName } from '../runs/random-name.ts';
import type { Scope } from '../workspaces/scope.ts';
import { toLoggedModels } from './logged-model.ts';
import * as queries from './queries.ts';
import { withVersion } from './registered-versions.ts';

/** Widths of MLflow's columns, in characters. */
const NAME_CHARACTERS = 500;
const KEY_CHARACTERS = 255;
const RUN_ID_CHARACTERS = 32;

type Pairs = readonly { readonly key: string; readonly value?: string | undefined }[];

export async function create({ write, clock, random, scope }: Deps, input: Input<typeof createLoggedModel>) {
  const experiment_id = parseExperimentId(input.experiment_id);
  checkName(input.name);
  checkLength(input.model_type, NAME_CHARACTERS, 'model_type');
  checkLength(input.source_run_id, RUN_ID_CHARACTERS, 'source_run_id');
  const params = toPairs(input.params, 'params');
  const tags = toPairs(input.tags, 'tags');
  const model_id = `m-${random.hexId()}`;
  return write(async (tx) => {
    const location = await requireActive(tx, scope, experiment_id);
    const nowMs = clock.nowMs();
    await queries.insertLoggedModel(tx, {
      model_id,
      experiment_id,
      // An empty one counts as none, as in MLflow.
      name: input.name || randomName(random),
      artifact_location: joinArtifactUri(location, 'models', model_id, 'artifacts'),
      creation_timestamp_ms: nowMs,
      last_updated_timestamp_ms: nowMs,
      status: LOGGED_MODEL_STATUS.LOGGED_MODEL_PENDING,
      model_type: input.model_type,
      source_run_id: input.source_run_id,
    });
    await refuseRepeated('params', queries.insertModelParams(tx, { model_id, experiment_id }, params));
    await queries.upsertModelTags(tx, { model_id, experiment_id }, tags);
    return { model: await load(tx, scope, model_id) };
  });
}

export async function get(
  { db, scope }: Pick<Deps, 'db' | 'scope'>,
  { model_id, allow_deleted }: Input<typeof getLoggedModel>,
) {
  const row = await queries.findLoggedModel(db, scope, model_id);
  if (!row || (row.lifecycle_stage === 'deleted' && !allow_deleted)) throw notFound('logged model', model_id);
  const [model] = await toLoggedModels(db, [row]);
  return { model: model! };
}

export async function finalize(
  { write, clock, scope }: Deps,
  { model_id, status }: Input<typeof finalizeLoggedModel>,
) {
  return write(async (tx) => {
    await requireModel(tx, scope, model_id);
    await queries.setStatus(
      tx,
      model_id,
      LOGGED_MODEL_STATUS[status ?? 'LOGGED_MODEL_STATUS_UNSPECIFIED'],
      clock.nowMs(),
    );
    return { model: await load(tx, scope, model_id) };
  });
}

export async function remove({ write, clock, scope }: Deps, { model_id }: { readonly model_id: string }) {
  await write(async (tx) => {
    const row = await requireModel(tx, scope, model_id);
    if (row.lifecycle_stage !== 'deleted') await queries.deleteLoggedModel(tx, model_id, clock.nowMs());
  });
  return {};
}

export async function logParams(
  { write, scope }: Deps,
  { model_id, params }: Input<typeof logLoggedModelParams>,
) {
  const pairs = toPairs(params, 'params');
  await write(async (tx) => {
    await refuseRepeated(
      'params',
      queries.insertModelParams(tx, await requireModel(tx, scope, model_id), pairs),
    );
  });
  return {};
}

export async function setTags({ write, scope }: Deps, { model_id, tags }: Input<typeof setLoggedModelTags>) {
  const pairs = toPairs(tags, 'tags');
  return write(async (tx) => {
    await queries.upsertModelTags(tx, await requireModel(tx, scope, model_id), pairs);
    return { model: await load(tx, scope, model_id) };
  });
}

export async function deleteTag(
  { write, scope }: Deps,
  { model_id, tag_key }: Input<typeof deleteLoggedModelTag>,
) {
  await write(async (tx) => {
    await requireModel(tx, scope, model_id);
    const { changes } = await queries.deleteModelTag(tx, model_id, tag_key);
    if (changes === 0) throw notFound(`tag on logged model ${model_id}`, tag_key, 'key');
  });
  return {};
}

/** Where the files of a logged model are, and the run that made it. */
export const findModelPlace = (db: Db, scope: Scope, model_id: string) =>
  queries.findLoggedModel(db, scope, model_id);

/** A logged model lists the versions it was registered as in this tag, as JSON. */
const MODEL_VERSIONS_TAG = 'mlflow.modelVersions';

export async function addModelVersion(
  tx: Tx,
  scope: Scope,
  model_id: string,
  { name, version }: { readonly name: string; readonly version: number },
): Promise<void> {
  // Held, because the tag is read and then written.
  const model = await requireModel(tx, scope, model_id, FOR_UPDATE);
  const tag = (await queries.listModelTags(tx, [model_id])).find(({ key }) => key === MODEL_VERSIONS_TAG);
  await queries.upsertModelTags(tx, model, [
    { key: MODEL_VERSIONS_TAG, value: withVersion(tag?.value, name, version) },
  ]);
}

/** Deleted models are still written to, as in MLflow: an upload may end after its model went to the trash. */
async function requireModel(db: Db, scope: Scope, model_id: string, lock = empty) {
  const row = await queries.findLoggedModel(db, scope, model_id, lock);
  if (!row) throw notFound('logged model', model_id);
  return row;
}

async function load(db: Db, scope: Scope, model_id: string): Promise<LoggedModel> {
  const [model] = await toLoggedModels(db, [await requireModel(db, scope, model_id)]);
  return model!;
}

function checkName(name: string | undefined): void {
  if (name === undefined || name === '') return;
  checkLength(name, NAME_CHARACTERS, 'name');
  if (/[/:.%"']/.test(name)) {
    throw invalidParameter(
      `Invalid model name '${preview(name)}' for parameter 'name': it must not hold any of / : . % " '.`,
    );
  }
}

function toPairs(pairs: Pairs, path: string) {
  return pairs.map(({ key, value = '' }, index) => {
    checkLength(key, KEY_CHARACTERS, `${path}[${index}].key`);
    return { key, value };
  });
}

async function refuseRepeated(what: string, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new MlflowError(
      'BAD_REQUEST',
      `Parameter '${what}' has a key that this model has already. Each is written once.`,
    );
  }
}
