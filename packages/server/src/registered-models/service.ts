import { FOR_ADDING, FOR_UPDATE, isUniqueViolation, type Tx, together } from '@bitacora/db';
import {
  type createRegisteredModel,
  type deleteRegisteredModelTag,
  type Input,
  MlflowError,
  preview,
  type RegisteredModel,
  type renameRegisteredModel,
  type setRegisteredModelTag,
  type updateRegisteredModel,
} from '@bitacora/protocol';
import type { Deps, ReadDeps } from '../deps.ts';
import { checkKey } from '../limits/keys.ts';
import { touchVersions } from '../model-versions/service.ts';
import { isPrompt } from '../prompts/prompts.ts';
import { publishModelCreated, publishPromptTag } from '../webhooks/events.ts';
import { holdWorkspace } from '../workspaces/hold.ts';
import { isStoredPrompt, requireRegisteredModel } from './active.ts';
import { checkDescription, checkModelName, checkRegistryTag } from './names.ts';
import * as queries from './queries.ts';
import { toNewModel, toRegisteredModels } from './registered-model.ts';

interface Named {
  readonly name: string;
}

export async function create(deps: Deps, input: Input<typeof createRegisteredModel>) {
  const { write, clock, workspace } = deps;
  const { name, description } = input;
  checkModelName(name);
  checkDescription(description);
  const tags = input.tags.map((tag, index) => checkRegistryTag(tag, `tags[${index}].`));
  const registered_model = await write(
    async (tx) => {
      await holdWorkspace(tx, deps);
      const nowMs = clock.nowMs();
      const row = { name, creation_time: nowMs, last_updated_time: nowMs, description, workspace };
      if (!(await queries.insertRegisteredModel(tx, row))) throw await nameTaken(tx, workspace, name, tags);
      await together(tx, [
        () => queries.upsertModelTags(tx, workspace, name, tags),
        () => publishModelCreated(tx, deps, { name, tags, description }),
      ]);
      const stored = tags.length === 0 ? undefined : await queries.listModelTags(tx, workspace, [name]);
      return toNewModel(row, stored);
    },
    // Whose name it is, the table's key decides.
    { commutes: true },
  );
  return { registered_model };
}

/** A prompt and a model share one list of names; whoever meets the other kind is told so. */
async function nameTaken(tx: Tx, workspace: string, name: string, tags: Parameters<typeof isPrompt>[0]) {
  const [wanted, existing] = [isPrompt(tags), await isStoredPrompt(tx, workspace, name)];
  if (wanted === existing) return plainlyTaken(name, wanted);
  const kind = (prompt: boolean) => (prompt ? 'prompt' : 'registered model');
  return new MlflowError(
    'RESOURCE_ALREADY_EXISTS',
    `Tried to create a ${kind(wanted)} with name '${preview(name)}', but the name is already taken by a ${kind(existing)}. A model and a prompt cannot have the same name.`,
  );
}

const plainlyTaken = (name: string, prompt: boolean) =>
  new MlflowError(
    'RESOURCE_ALREADY_EXISTS',
    `${prompt ? 'Prompt' : 'Registered Model'} (name=${preview(name)}) already exists.`,
  );

export async function get({ db, workspace }: ReadDeps, { name }: Named) {
  checkModelName(name);
  return { registered_model: await one(db, workspace, name) };
}

async function one(db: ReadDeps['db'], workspace: string, name: string): Promise<RegisteredModel> {
  const row = await requireRegisteredModel(db, workspace, name);
  const [model] = await toRegisteredModels(db, workspace, [row]);
  return model!;
}

export async function rename({ write, clock, workspace }: Deps, input: Input<typeof renameRegisteredModel>) {
  const { name, new_name } = input;
  checkModelName(new_name, 'new_name');
  const registered_model = await write(async (tx) => {
    const row = await requireRegisteredModel(tx, workspace, name, FOR_UPDATE);
    const taken = await queries.findRegisteredModel(tx, workspace, new_name);
    // MySQL's names ignore case: a new name that differs in nothing else is taken by the model itself.
    if (taken && taken.name !== row.name)
      throw plainlyTaken(new_name, await isStoredPrompt(tx, workspace, new_name));
    const nowMs = clock.nowMs();
    await queries.renameRegisteredModel(tx, workspace, name, new_name, nowMs).catch((error: unknown) => {
      throw isUniqueViolation(error) ? plainlyTaken(new_name, false) : error;
    });
    await touchVersions(tx, workspace, new_name, nowMs);
    return one(tx, workspace, new_name);
  });
  return { registered_model };
}

export async function update({ write, clock, workspace }: Deps, input: Input<typeof updateRegisteredModel>) {
  const { name, description } = input;
  checkDescription(description);
  const registered_model = await write(async (tx) => {
    await requireRegisteredModel(tx, workspace, name, FOR_UPDATE);
    await queries.setDescription(tx, workspace, name, description, clock.nowMs());
    return one(tx, workspace, name);
  });
  return { registered_model };
}

export async function remove({ write, workspace }: Deps, { name }: Named) {
  await write(async (tx) => {
    // Held, so that nobody adds a version or tag to what is about to be gone.
    await requireRegisteredModel(tx, workspace, name, FOR_UPDATE);
    await queries.deleteRegisteredModel(tx, workspace, name);
  });
  return {};
}

export async function setTag(deps: Deps, input: Input<typeof setRegisteredModelTag>) {
  const { write, workspace } = deps;
  const tag = checkRegistryTag(input);
  await write(async (tx) => {
    const { name } = await requireRegisteredModel(tx, workspace, input.name, FOR_ADDING);
    await queries.upsertModelTags(tx, workspace, name, [tag]);
    await publishPromptTag(tx, deps, 'SET', { name, ...tag });
  });
  return {};
}

export async function deleteTag(deps: Deps, { name, key }: Input<typeof deleteRegisteredModelTag>) {
  const { write, workspace } = deps;
  checkKey('tag', key, 'key');
  await write(async (tx) => {
    await requireRegisteredModel(tx, workspace, name, FOR_ADDING);
    await queries.deleteModelTag(tx, workspace, name, key);
    await publishPromptTag(tx, deps, 'DELETED', { name, key });
  });
  return {};
}
