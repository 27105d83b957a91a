import {
  type Db,
  FOR_ADDING,
  FOR_UPDATE,
  type ModelVersionRow,
  type RegisteredModelAliasRow,
  together,
} from '@bitacora/db';
import type {
  createModelVersion,
  deleteModelVersionTag,
  getLatestVersions,
  Input,
  ModelVersion,
  setModelVersionTag,
  transitionModelVersionStage,
  updateModelVersion,
} from '@bitacora/protocol';
import type { Deps, ReadDeps } from '../deps.ts';
import { checkKey } from '../limits/keys.ts';
import { checkLength } from '../limits/values.ts';
import { addModelVersion } from '../logged-models/service.ts';
import { aliasesOf, numberOfAlias, removeAliasesOfVersion } from '../model-aliases/service.ts';
import { checkPromptSource, isPrompt } from '../prompts/prompts.ts';
import { requireRegisteredModel, unknownModel } from '../registered-models/active.ts';
import { checkDescription, checkModelName, checkRegistryTag } from '../registered-models/names.ts';
import { touchRegisteredModel } from '../registered-models/queries.ts';
import { publishVersionCreated, publishVersionTag, subscribersToVersions } from '../webhooks/events.ts';
import { toModelVersion } from './model-version.ts';
import * as queries from './queries.ts';
import { checkPattern, followSource } from './source.ts';
import { checkArchives, parseStage, STAGES } from './stages.ts';
import { holdVersion, MOST_VERSIONS, parseVersion, requireVersion } from './versions.ts';

export { holdVersion, parseVersion, requireVersion } from './versions.ts';

/** MLflow's cap on artifact locations, in characters; engines whose column is narrower refuse what does not fit. */
const URI_CHARACTERS = 2048;

interface Key {
  readonly name: string;
  readonly version: string;
}

export async function create(deps: Deps, input: Input<typeof createModelVersion>) {
  const { write, clock, workspace, settings } = deps;
  const { run_link, description } = input;
  checkDescription(description);
  checkLength(input.source, URI_CHARACTERS, 'source');
  checkLength(run_link, URI_CHARACTERS, 'run_link');
  const tags = input.tags.map((tag, index) => checkRegistryTag(tag, `tags[${index}].`));
  checkPattern(settings, input.source);
  const prompt = isPrompt(tags);
  if (prompt) checkPromptSource(input.source);
  const model_version = await write(
    async (tx) => {
      const { source, storage_location, run_id, model_id } = prompt
        ? { source: input.source, storage_location: input.source, run_id: input.run_id ?? '', model_id: '' }
        : await followSource(tx, deps, input);
      checkModelName(input.name);
      const nowMs = clock.nowMs();
      const row = {
        name: input.name,
        creation_time: nowMs,
        last_updated_time: nowMs,
        description,
        user_id: null,
        current_stage: 'None',
        source,
        run_id,
        status: 'READY',
        status_message: null,
        run_link,
        storage_location,
        workspace,
      };
      let added: Awaited<ReturnType<typeof queries.insertNextVersion>>;
      let subscribers: readonly string[] = [];
      await together(tx, [
        // First of all, so that of two callers on two servers one waits here and then counts the other's version too.
        () => touchRegisteredModel(tx, workspace, input.name, nowMs),
        async () => {
          added = await queries.insertNextVersion(tx, row);
        },
        async () => {
          subscribers = await subscribersToVersions(tx, workspace, tags);
        },
      ]);
      if (!added) throw unknownModel(input.name);
      const { name, version } = added;
      const key = { workspace, name, version };
      const created = { name, version: String(version), source, run_id, tags, description };
      await together(tx, [
        () => queries.upsertVersionTags(tx, key, tags),
        () => publishVersionCreated(tx, deps, created, subscribers),
      ]);
      if (model_id !== '') await addModelVersion(tx, deps.scope, model_id, { name, version });
      const stored = tags.length === 0 ? [] : await queries.listVersionTags(tx, workspace, [key]);
      return toModelVersion({ ...row, name, version }, stored);
    },
    // The versions of a logged model stand in one tag of it, which is read and then written.
    { commutes: (input.model_id ?? '') === '' },
  );
  return { model_version };
}

/** @throws MlflowError RESOURCE_DOES_NOT_EXIST */
export async function loadVersion(
  db: Db,
  workspace: string,
  name: string,
  version: number,
): Promise<ModelVersion> {
  const [row, tags, aliases] = await Promise.all([
    requireVersion(db, workspace, name, version),
    version <= MOST_VERSIONS ? queries.listTagsOf(db, workspace, name, version) : [],
    aliasesOf(db, workspace, [name]),
  ]);
  return toWholeVersion(row, tags, aliases);
}

/**
 * The version that an alias names, asked for in one go with all that belongs to it: where the database is on a server,
 * each question by itself costs a round trip.
 *
 * @returns undefined where there is no such alias.
 */
export async function findVersionOfAlias(
  db: Db,
  workspace: string,
  name: string,
  alias: string,
): Promise<ModelVersion | undefined> {
  const [row, found, aliases] = await Promise.all([
    queries.findVersion(db, workspace, name, numberOfAlias(workspace, name, alias)),
    queries.listTagsOfAlias(db, workspace, name, alias),
    aliasesOf(db, workspace, [name]),
  ]);
  if (!row) return undefined;
  // Each statement sees a moment of its own: between two of them the alias may have moved.
  const tags =
    found[0]?.version === row.version
      ? found.filter((tag) => tag.key !== null)
      : await queries.listTagsOf(db, workspace, row.name, row.version);
  return toWholeVersion(row, tags, aliases);
}

const toWholeVersion = (
  row: ModelVersionRow,
  tags: Parameters<typeof toModelVersion>[1],
  aliases: readonly RegisteredModelAliasRow[],
) =>
  toModelVersion(
    row,
    tags,
    aliases.filter(({ version }) => version === row.version).map(({ alias }) => alias),
  );

/** Versions without their aliases, as MLflow's searches answer them. */
export async function toVersions(
  db: Db,
  workspace: string,
  rows: readonly ModelVersionRow[],
): Promise<ModelVersion[]> {
  if (rows.length === 0) return [];
  const tags = await queries.listVersionTags(db, workspace, rows);
  const key = ({ name, version }: { readonly name: string; readonly version: number }) =>
    `${version} ${name}`;
  const tagsOf = Map.groupBy(tags, key);
  return rows.map((row) => toModelVersion(row, tagsOf.get(key(row)) ?? []));
}

/** The newest version of each stage of each model. */
export const latestVersions = async (db: Db, workspace: string, names: readonly string[]) =>
  toVersions(db, workspace, await queries.listLatestVersions(db, workspace, names));

export async function latest({ db, workspace }: ReadDeps, { name, stages }: Input<typeof getLatestVersions>) {
  await requireRegisteredModel(db, workspace, name);
  const wanted: readonly string[] = stages.length === 0 ? STAGES : stages.map(parseStage);
  const aliases = await aliasesOf(db, workspace, [name]);
  const model_versions = (await latestVersions(db, workspace, [name]))
    .filter(({ current_stage = 'None' }) => wanted.includes(current_stage))
    .map((version) => {
      const own = aliases.filter((row) => String(row.version) === version.version).map(({ alias }) => alias);
      return own.length === 0 ? version : { ...version, aliases: own };
    });
  return model_versions.length === 0 ? {} : { model_versions };
}

export const get = async ({ db, workspace }: ReadDeps, { name, version }: Key) => ({
  model_version: await loadVersion(db, workspace, name, parseVersion(version)),
});

export async function downloadUri(
  { db, workspace }: Pick<ReadDeps, 'db' | 'workspace'>,
  { name, version }: Key,
) {
  const row = await requireVersion(db, workspace, name, parseVersion(version));
  return { artifact_uri: row.storage_location || row.source || '' };
}

export async function update({ write, clock, workspace }: Deps, input: Input<typeof updateModelVersion>) {
  const { name, description } = input;
  const version = parseVersion(input.version);
  checkDescription(description ?? '');
  const model_version = await write(async (tx) => {
    await holdVersion(tx, workspace, name, version, FOR_UPDATE);
    await queries.setDescription(tx, { workspace, name, version }, description ?? null, clock.nowMs());
    return loadVersion(tx, workspace, name, version);
  });
  return { model_version };
}

export async function transition(
  { write, clock, workspace }: Deps,
  input: Input<typeof transitionModelVersionStage>,
) {
  const { archive_existing_versions } = input;
  const version = parseVersion(input.version);
  const stage = parseStage(input.stage);
  if (archive_existing_versions) checkArchives(stage);
  const model_version = await write(async (tx) => {
    // Of two transitions the later one archives what the earlier one moved, and none brings back what is deleted.
    const { name } = await holdVersion(tx, workspace, input.name, version, FOR_UPDATE);
    const key = { workspace, name, version };
    const nowMs = clock.nowMs();
    await touchRegisteredModel(tx, workspace, name, nowMs);
    if (archive_existing_versions) await queries.archiveOthers(tx, key, stage, nowMs);
    await queries.setStage(tx, key, stage, nowMs);
    return loadVersion(tx, workspace, name, version);
  });
  return { model_version };
}

export async function remove({ write, clock, workspace }: Deps, input: Key) {
  const { name } = input;
  const version = parseVersion(input.version);
  await write(async (tx) => {
    await holdVersion(tx, workspace, name, version, FOR_UPDATE);
    const nowMs = clock.nowMs();
    await removeAliasesOfVersion(tx, workspace, name, version);
    await queries.redactVersion(tx, { workspace, name, version }, nowMs);
    await touchRegisteredModel(tx, workspace, name, nowMs);
  });
  return {};
}

export const touchVersions = queries.touchVersions;

export async function setTag(deps: Deps, input: Input<typeof setModelVersionTag>) {
  const { write, workspace } = deps;
  const tag = checkRegistryTag(input);
  const version = parseVersion(input.version);
  await write(async (tx) => {
    const { name } = await holdVersion(tx, workspace, input.name, version, FOR_ADDING);
    await together(tx, [
      () => queries.upsertVersionTags(tx, { workspace, name, version }, [tag]),
      () => publishVersionTag(tx, deps, 'SET', { name, version: input.version, ...tag }),
    ]);
  });
  return {};
}

export async function deleteTag(deps: Deps, input: Input<typeof deleteModelVersionTag>) {
  const { write, workspace } = deps;
  const { name, key } = input;
  checkKey('tag', key, 'key');
  const version = parseVersion(input.version);
  await write(async (tx) => {
    await holdVersion(tx, workspace, name, version, FOR_ADDING);
    await queries.deleteVersionTag(tx, { workspace, name, version }, key);
    await publishVersionTag(tx, deps, 'DELETED', { name, version: input.version, key });
  });
  return {};
}
