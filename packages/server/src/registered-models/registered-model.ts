import type { Db, RegisteredModelRow } from '@bitacora/db';
import type { RegisteredModel } from '@bitacora/protocol';
import { aliasesOf } from '../model-aliases/service.ts';
import { latestVersions } from '../model-versions/service.ts';
import { listModelTags } from './queries.ts';

/** Registered models as the wire has them, in a handful of statements whatever their number. */
export async function toRegisteredModels(
  db: Db,
  workspace: string,
  rows: readonly RegisteredModelRow[],
): Promise<RegisteredModel[]> {
  const names = rows.map(({ name }) => name);
  const [tags, aliases, versions] = await Promise.all([
    listModelTags(db, workspace, names),
    aliasesOf(db, workspace, names),
    latestVersions(db, workspace, names),
  ]);
  const tagsOf = Map.groupBy(tags, ({ name }) => name);
  const aliasesOfModel = Map.groupBy(aliases, ({ name }) => name);
  const versionsOf = Map.groupBy(versions, ({ name }) => name);
  return rows.map(({ name, creation_time, last_updated_time, description }) => ({
    name,
    ...(creation_time === null ? {} : { creation_timestamp: creation_time }),
    ...(last_updated_time ? { last_updated_timestamp: last_updated_time } : {}),
    ...(description ? { description } : {}),
    ...filled('latest_versions', versionsOf.get(name)),
    ...filled(
      'tags',
      tagsOf.get(name)?.map(({ key, value }) => ({ key, value: value ?? '' })),
    ),
    ...filled(
      'aliases',
      aliasesOfModel.get(name)?.map(({ alias, version }) => ({ alias, version: String(version) })),
    ),
  }));
}

const filled = <K extends string, T>(key: K, items: readonly T[] | undefined) =>
  (items?.length ? { [key]: items } : {}) as { readonly [key in K]?: readonly T[] };
