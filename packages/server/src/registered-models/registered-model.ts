import type { Db, RegisteredModelRow } from '@bitacora/db';
import type { RegisteredModel } from '@bitacora/protocol';
import { aliasesOf } from '../model-aliases/service.ts';
import { latestVersions } from '../model-versions/service.ts';
import { listModelTags, type ModelTagRow } from './queries.ts';

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
  return rows.map((row) => ({
    ...toNewModel(row, tagsOf.get(row.name)),
    ...filled('latest_versions', versionsOf.get(row.name)),
    ...filled(
      'aliases',
      aliasesOfModel.get(row.name)?.map(({ alias, version }) => ({ alias, version: String(version) })),
    ),
  }));
}

/** A registered model that has no versions yet, and so no aliases. */
export const toNewModel = (
  { name, creation_time, last_updated_time, description }: RegisteredModelRow,
  tags: readonly ModelTagRow[] | undefined,
): RegisteredModel => ({
  name,
  ...(creation_time === null ? {} : { creation_timestamp: creation_time }),
  ...(last_updated_time ? { last_updated_timestamp: last_updated_time } : {}),
  ...(description ? { description } : {}),
  ...filled(
    'tags',
    tags?.map(({ key, value }) => ({ key, value: value ?? '' })),
  ),
});

const filled = <K extends string, T>(key: K, items: readonly T[] | undefined) =>
  (items?.length ? { [key]: items } : {}) as { readonly [key in K]?: readonly T[] };
