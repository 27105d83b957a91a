import type { Db, ModelVersionRow } from '@bitacora/db';
import { invalidParameter, preview } from '@bitacora/protocol';
import { versionOf } from '../model-aliases/service.ts';
import type { ModelUri } from './model-uri.ts';
import { listLatestVersions } from './queries.ts';
import { parseStage } from './stages.ts';
import { parseVersion, requireVersion } from './versions.ts';

/** The version that a `models:/` URI names, by number, alias or stage. */
export async function resolveReference(
  db: Db,
  workspace: string,
  uri: Exclude<ModelUri, { readonly model_id: string }>,
): Promise<ModelVersionRow> {
  const { name } = uri;
  if ('version' in uri) return requireVersion(db, workspace, name, parseVersion(uri.version));
  if ('alias' in uri)
    return requireVersion(db, workspace, name, await versionOf(db, workspace, name, uri.alias));
  const versions = await listLatestVersions(db, workspace, [name]);
  const stage = uri.stage === undefined ? undefined : parseStage(uri.stage);
  const found = versions
    .filter(({ current_stage }) => stage === undefined || current_stage === stage)
    .sort((left, right) => right.version - left.version)[0];
  if (found) return found;
  throw invalidParameter(
    `No versions of model with name '${preview(name)}'${stage ? ` and stage '${stage}'` : ''} found.`,
  );
}
