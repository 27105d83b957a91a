import { type Db, FOR_ADDING, FOR_UPDATE, together } from '@bitacora/db';
import {
  type deleteRegisteredModelAlias,
  type getModelVersionByAlias,
  type Input,
  invalidParameter,
  MlflowError,
  preview,
  type setRegisteredModelAlias,
} from '@bitacora/protocol';
import type { Deps, ReadDeps } from '../deps.ts';
import { checkLength } from '../limits/values.ts';
import {
  findVersionOfAlias,
  holdVersion,
  latestVersions,
  loadVersion,
  parseVersion,
} from '../model-versions/service.ts';
import { requireRegisteredModel } from '../registered-models/active.ts';
import { checkModelName } from '../registered-models/names.ts';
import { publishAlias } from '../webhooks/events.ts';
import * as queries from './queries.ts';

const ALIAS_CHARACTERS = 255;

/** @throws MlflowError INVALID_PARAMETER_VALUE */
function checkAlias(alias: string): void {
  if (!/^[\p{L}\p{N}_-]+$/u.test(alias)) {
    throw invalidParameter(
      `Invalid alias name '${preview(alias)}' for parameter 'alias': it may hold only letters, digits, underscores (_) and dashes (-).`,
    );
  }
  checkLength(alias, ALIAS_CHARACTERS, 'alias');
}

const isLatest = (alias: string) => alias.toLowerCase() === 'latest';

/** `models:/name@latest` and `models:/name/v3` have meanings of their own. */
function checkNotReserved(alias: string): void {
  if (isLatest(alias))
    throw invalidParameter("The alias name 'latest' is reserved, in any case. Choose another.");
  if (/^[vV]\d+$/.test(alias))
    throw invalidParameter(`The alias name '${alias}' is reserved for versions. Choose another.`);
}

export const aliasesOf = queries.listAliases;

export const numberOfAlias = queries.numberOfAlias;

export const removeAliasesOfVersion = queries.deleteAliasesOfVersion;

export async function set(deps: Deps, input: Input<typeof setRegisteredModelAlias>) {
  const { write, workspace } = deps;
  const { alias } = input;
  checkAlias(alias);
  checkNotReserved(alias);
  const version = parseVersion(input.version);
  await write(async (tx) => {
    // The version is not deleted until its alias is there, which goes with it then.
    const { name } = await holdVersion(tx, workspace, input.name, version, FOR_UPDATE);
    await together(tx, [
      () => queries.upsertAlias(tx, { workspace, name, alias, version }),
      () => publishAlias(tx, deps, 'CREATED', { name, alias, version: input.version }),
    ]);
  });
  return {};
}

export async function remove(deps: Deps, { name, alias }: Input<typeof deleteRegisteredModelAlias>) {
  const { write, workspace } = deps;
  checkAlias(alias);
  await write(async (tx) => {
    await requireRegisteredModel(tx, workspace, name, FOR_ADDING);
    await queries.deleteAlias(tx, workspace, name, alias);
    await publishAlias(tx, deps, 'DELETED', { name, alias });
  });
  return {};
}

export async function resolve(
  { db, workspace }: ReadDeps,
  { name, alias }: Input<typeof getModelVersionByAlias>,
) {
  checkAlias(alias);
  checkModelName(name);
  const found = isLatest(alias) ? undefined : await findVersionOfAlias(db, workspace, name, alias);
  return {
    model_version:
      found ?? (await loadVersion(db, workspace, name, await versionOf(db, workspace, name, alias))),
  };
}

/** @throws MlflowError INVALID_PARAMETER_VALUE for an unknown alias, not 404: Python's clients tell them apart by that. */
export async function versionOf(db: Db, workspace: string, name: string, alias: string): Promise<number> {
  await requireRegisteredModel(db, workspace, name);
  if (!isLatest(alias)) {
    const row = await queries.findAlias(db, workspace, name, alias);
    if (!row) throw invalidParameter(`Registered model alias ${preview(alias)} not found.`);
    return row.version;
  }
  const versions = await latestVersions(db, workspace, [name]);
  if (versions.length === 0)
    throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Latest version not found for model ${preview(name)}.`);
  return Math.max(...versions.map(({ version }) => Number(version)));
}
