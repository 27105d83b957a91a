import { checkArtifactLocation, joinArtifactUri } from '@bitacora/artifacts';
import { type Db, FOR_ADDING, FOR_UPDATE, isUniqueViolation, type Tx } from '@bitacora/db';
import {
  type createExperiment,
  type deleteExperimentTag as deleteTagEndpoint,
  type Input,
  type Int64,
  invalidParameter,
  MlflowError,
  notFound,
  type setExperimentTag,
  type updateExperiment,
} from '@bitacora/protocol';
import { DEFAULT_WORKSPACE, type Deps } from '../deps.ts';
import { checkLength } from '../limits/values.ts';
import { artifactRootOf } from '../workspaces/artifact-root.ts';
import { holdWorkspace } from '../workspaces/hold.ts';
import { EVERY_EXPERIMENT, type Scope } from '../workspaces/scope.ts';
import { parseExperimentId, randomExperimentId } from './ids.ts';
import {
  deleteAssessmentsOfRuns,
  deleteExperimentTag,
  findExperiment,
  findExperimentStage,
  insertExperiment,
  renameExperiment,
  setArtifactLocation,
  setLifecycleStage,
  upsertExperimentTags,
} from './queries.ts';
import { checkTag, checkViews } from './tag-rules.ts';

/** MLflow's cap, in characters. */
const NAME_CHARACTERS = 500;

const nameTaken = (name: string) =>
  new MlflowError(
    'RESOURCE_ALREADY_EXISTS',
    `Experiment(name=${name}) already exists. The name of a deleted experiment stays taken: restore that one, delete it for good, or choose another name.`,
  );

export async function create(deps: Deps, input: Input<typeof createExperiment>) {
  const { write, clock, random, settings, workspace } = deps;
  checkLength(input.name, NAME_CHARACTERS, 'name');
  const tags = input.tags.map(({ key, value = '' }, index) => checkTag(key, value, `tags[${index}].`));
  const given = input.artifact_location;
  const location =
    given === undefined || given === ''
      ? undefined
      : checkArtifactLocation(given, deps.settings.artifactReach);
  if (location !== undefined && settings.workspacesEnabled) {
    throw invalidParameter(
      "'artifact_location' cannot be chosen where workspaces are on: experiments keep their artifacts below the root of their workspace. Leave it out.",
    );
  }
  return write(async (tx) => {
    await holdWorkspace(tx, deps);
    try {
      const experiment_id = await insertExperiment(tx, {
        name: input.name,
        workspace,
        creation_time: clock.nowMs(),
        ...(settings.fileStore !== undefined && { experiment_id: randomExperimentId(random) }),
      });
      await setArtifactLocation(
        tx,
        experiment_id,
        location ?? joinArtifactUri(await artifactRootOf(tx, deps), String(experiment_id)),
      );
      await checkViews(tx, experiment_id, tags);
      await upsertExperimentTags(tx, experiment_id, tags);
      return { experiment_id: String(experiment_id) };
    } catch (error) {
      // Asking the index, rather than looking first, keeps two racing creates honest.
      if (isUniqueViolation(error)) throw nameTaken(input.name);
      throw error;
    }
  });
}

/** Experiment 0 exists from the first start on, as MLflow's does; an existing database keeps what it has. */
export async function ensureDefault(deps: Deps): Promise<void> {
  const { db, write, clock } = deps;
  if (await findExperiment(db, EVERY_EXPERIMENT, 0)) return;
  await write(async (tx) => {
    await insertExperiment(tx, {
      experiment_id: 0,
      name: 'Default',
      workspace: DEFAULT_WORKSPACE,
      creation_time: clock.nowMs(),
    });
    await setArtifactLocation(tx, 0, joinArtifactUri(await artifactRootOf(tx, deps), '0'));
  }).catch((error: unknown) => {
    // Another server that starts just now was quicker, or the owner has given the name to an experiment of theirs.
    if (!isUniqueViolation(error)) throw error;
  });
}

export async function rename({ write, clock, scope }: Deps, input: Input<typeof updateExperiment>) {
  const experiment_id = parseExperimentId(input.experiment_id);
  checkLength(input.new_name, NAME_CHARACTERS, 'new_name');
  await write(async (tx) => {
    const found = await findExperimentStage(tx, scope, experiment_id, FOR_UPDATE);
    if (!found) throw notFound('Experiment', input.experiment_id);
    if (found.lifecycle_stage !== 'active') {
      throw new MlflowError(
        'INVALID_STATE',
        `Experiment ${experiment_id} is deleted and cannot be renamed. Restore it first.`,
      );
    }
    try {
      await renameExperiment(tx, experiment_id, input.new_name, clock.nowMs());
    } catch (error) {
      // Creating answers RESOURCE_ALREADY_EXISTS here, renaming BAD_REQUEST: both as MLflow does.
      if (isUniqueViolation(error)) throw new MlflowError('BAD_REQUEST', nameTaken(input.new_name).message);
      throw error;
    }
  });
  return {};
}

export async function remove(
  { write, clock, scope }: Deps,
  { experiment_id: id }: { readonly experiment_id: string },
) {
  const experiment_id = parseExperimentId(id);
  await write(async (tx) => {
    const found = await findExperimentStage(tx, scope, experiment_id, FOR_UPDATE);
    if (found?.lifecycle_stage !== 'active') throw notFound('active Experiment', id);
    await deleteAssessmentsOfRuns(tx, scope, experiment_id);
    await setLifecycleStage(tx, experiment_id, 'deleted', clock.nowMs());
  });
  return {};
}

export async function restore(
  { write, clock, scope }: Deps,
  { experiment_id: id }: { readonly experiment_id: string },
) {
  const experiment_id = parseExperimentId(id);
  await write(async (tx) => {
    const found = await findExperimentStage(tx, scope, experiment_id, FOR_UPDATE);
    if (found?.lifecycle_stage !== 'deleted') throw notFound('deleted Experiment', id);
    await setLifecycleStage(tx, experiment_id, 'active', clock.nowMs());
  });
  return {};
}

export async function setTag({ write, scope }: Deps, input: Input<typeof setExperimentTag>) {
  const tag = checkTag(input.key, input.value, '');
  const experiment_id = parseExperimentId(input.experiment_id);
  await write(async (tx) => {
    await requireActive(tx, scope, experiment_id);
    await checkViews(tx, experiment_id, [tag]);
    await upsertExperimentTags(tx, experiment_id, [tag]);
  });
  return {};
}

export async function deleteTag({ write, scope }: Deps, input: Input<typeof deleteTagEndpoint>) {
  const experiment_id = parseExperimentId(input.experiment_id);
  await write(async (tx) => {
    await requireActive(tx, scope, experiment_id);
    const { changes } = await deleteExperimentTag(tx, experiment_id, input.key);
    if (changes === 0) throw notFound(`tag on experiment ${experiment_id}`, input.key, 'key');
  });
  return {};
}

/**
 * The experiment's artifact location, for what is about to be created in it; until that is there, nobody deletes it.
 *
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST, or INVALID_PARAMETER_VALUE when it is deleted.
 */
export async function requireActive(tx: Tx, scope: Scope, experiment_id: Int64): Promise<string> {
  const found = await findExperimentStage(tx, scope, experiment_id, FOR_ADDING);
  return checkActive(experiment_id, found);
}

/** The same for what only reads. */
export const checkIsActive = async (db: Db, scope: Scope, experiment_id: Int64) =>
  checkActive(experiment_id, await findExperimentStage(db, scope, experiment_id));

function checkActive(experiment_id: Int64, found: Awaited<ReturnType<typeof findExperimentStage>>): string {
  if (!found) throw notFound('Experiment', String(experiment_id));
  if (found.lifecycle_stage !== 'active') {
    throw invalidParameter(
      `The experiment ${experiment_id} must be in the 'active' state. Current state is ${found.lifecycle_stage}. Restore it first.`,
    );
  }
  return found.artifact_location ?? '';
}

/**
 * For what belongs to an experiment and is not to be touched while that is in the trash.
 *
 * @returns the number of the experiment.
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST when it is deleted too, or INVALID_PARAMETER_VALUE for what is no id.
 */
export async function requireNotDeleted(db: Db, scope: Scope, experiment_id: string): Promise<Int64> {
  const id = parseExperimentId(experiment_id);
  const found = await findExperimentStage(db, scope, id);
  if (found?.lifecycle_stage !== 'active') throw notFound('Experiment', experiment_id);
  return id;
}

/**
 * The number of an experiment, deleted or not.
 *
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST, or INVALID_PARAMETER_VALUE for what is no id.
 */
export async function requireKnown(db: Db, scope: Scope, experiment_id: string): Promise<Int64> {
  const id = parseExperimentId(experiment_id);
  if (!(await findExperimentStage(db, scope, id))) throw notFound('Experiment', experiment_id);
  return id;
}
