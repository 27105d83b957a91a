import { joinArtifactUri } from '@bitacora/artifacts';
import { FOR_UPDATE, isUniqueViolation, type Tx, together } from '@bitacora/db';
import {
  type createRun,
  type Input,
  invalidParameter,
  MlflowError,
  notFound,
  type Run,
  type updateRun,
} from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { requireActive } from '../experiments/service.ts';
import { checkLength, fit, RUN_TAG_VALUE_CHARACTERS } from '../limits/values.ts';
import { insertTags, upsertTags } from '../tags/queries.ts';
import { RUN_NAME_TAG } from '../tags/service.ts';
import { refuseDeleted, requireRun } from './active.ts';
import {
  deleteAssessmentsOfRun,
  deleteRun,
  findRunStage,
  insertRun,
  restoreRun,
  updateRunInfo,
} from './queries.ts';
import { randomName } from './random-name.ts';
import { toRunInfo } from './run.ts';

/** Widths of MLflow's columns, in characters. SQLite does not enforce them; PostgreSQL and MySQL would. */
const RUN_NAME_CHARACTERS = 250;
const USER_CHARACTERS = 256;
const TAG_KEY_CHARACTERS = 250;

export async function create(
  { write, random, settings, scope }: Deps,
  input: Input<typeof createRun>,
): Promise<{ run: Run }> {
  const experiment_id = parseExperimentId(input.experiment_id);
  const name = chooseName(input, random);
  checkLength(name, RUN_NAME_CHARACTERS, 'run_name');
  checkLength(input.user_id, USER_CHARACTERS, 'user_id');
  // MLflow takes any characters in the keys given here, unlike later tags; only their length is ours to bound.
  const given = input.tags.map(({ key, value = '' }, index) => {
    const path = `tags[${index}]`;
    checkLength(key, TAG_KEY_CHARACTERS, `${path}.key`);
    return {
      key,
      value: fit(value, RUN_TAG_VALUE_CHARACTERS, {
        cut: settings.truncateLongValues,
        path: `${path}.value`,
      }),
    };
  });
  const tags = given.some(({ key }) => key === RUN_NAME_TAG)
    ? given.map((tag) => (tag.key === RUN_NAME_TAG ? { ...tag, value: name } : tag))
    : [...given, { key: RUN_NAME_TAG, value: name }];
  const run_id = random.hexId();
  const insert = async (tx: Tx) => {
    const artifact_uri = joinArtifactUri(await requireActive(tx, scope, experiment_id), run_id, 'artifacts');
    const { user_id, start_time } = input;
    await together(tx, [
      () => insertRun(tx, { run_id, name, user_id, start_time, artifact_uri, experiment_id }),
      () => insertTags(tx, run_id, tags).catch(explainRepeatedTag),
    ]);
    const row = {
      run_uuid: run_id,
      name,
      user_id,
      status: 'RUNNING',
      start_time,
      end_time: null,
      lifecycle_stage: 'active',
      artifact_uri,
      experiment_id,
    } as const;
    return { run: { info: toRunInfo(row), data: { tags }, inputs: {} } };
  };
  return write(insert, { commutes: true });
}

function explainRepeatedTag(error: unknown): never {
  if (!isUniqueViolation(error)) throw error;
  throw new MlflowError('BAD_REQUEST', "Parameter 'tags' has the same key twice. Send each key once.");
}

function chooseName({ run_name, tags }: Input<typeof createRun>, random: Deps['random']): string {
  const tagged = tags.find(({ key }) => key === RUN_NAME_TAG)?.value ?? '';
  if (run_name !== '' && tagged !== '' && run_name !== tagged) {
    throw invalidParameter(
      `Both 'run_name' ('${run_name}') and the tag '${RUN_NAME_TAG}' ('${tagged}') are given, and they differ. Send one, or the same.`,
    );
  }
  return run_name || tagged || randomName(random);
}

export async function update({ write, scope }: Deps, input: Input<typeof updateRun>) {
  const name = input.run_name ?? '';
  checkLength(name, RUN_NAME_CHARACTERS, 'run_name');
  return write(async (tx) => {
    // Held, because what is not given is written as it was read.
    const row = await requireRun(tx, scope, input.run_id, FOR_UPDATE);
    refuseDeleted(row);
    const changed = {
      ...row,
      name: name || row.name,
      status: input.status ?? row.status,
      end_time: input.end_time ?? row.end_time,
    };
    await updateRunInfo(tx, input.run_id, changed);
    if (name !== '') await upsertTags(tx, input.run_id, [{ key: RUN_NAME_TAG, value: name }]);
    return { run_info: toRunInfo(changed) };
  });
}

export async function remove({ write, clock, scope }: Deps, { run_id }: { readonly run_id: string }) {
  await write(async (tx) => {
    if (!(await findRunStage(tx, scope, run_id))) throw notFound('Run', run_id);
    await deleteRun(tx, run_id, clock.nowMs());
    await deleteAssessmentsOfRun(tx, scope, run_id);
  });
  return {};
}

export async function restore({ write, scope }: Deps, { run_id }: { readonly run_id: string }) {
  await write(async (tx) => {
    if (!(await findRunStage(tx, scope, run_id))) throw notFound('Run', run_id);
    await restoreRun(tx, run_id);
  });
  return {};
}
