import {
  type Client,
  getLatestVersions,
  getLoggedModel,
  getModelVersionByAlias,
  getModelVersionDownloadUri,
  invalidParameter,
  MlflowError,
} from '@bitacora/protocol';

export type ModelName =
  | { readonly model_id: string }
  | { readonly name: string; readonly version: string }
  | { readonly name: string; readonly alias: string }
  /** The newest of a stage; of all, without. */
  | { readonly name: string; readonly stage: string | undefined };

/** @throws MlflowError for what is no such URI */
export function parseModelUri(uri: string): ModelName & { readonly path: string } {
  const [, id, path = ''] = /^models:\/*(m-[0-9a-f]{32})(?:\/+(.*))?$/is.exec(uri) ?? [];
  if (id !== undefined) return { model_id: id, path };
  const alias = /^models:\/*([^/@]+)@([^/]+)(?:\/+(.*))?$/is.exec(uri);
  if (alias) return { name: alias[1] ?? '', alias: alias[2] ?? '', path: alias[3] ?? '' };
  const [, name, suffix, below = ''] = /^models:\/*([^/]+)\/+([^/]+)(?:\/+(.*))?$/is.exec(uri) ?? [];
  if (name === undefined || suffix === undefined) {
    throw invalidParameter(
      `'${uri}' is no URI of a model. Write it as models:/<name>/<version, stage or latest>, models:/<name>@<alias> or models:/<model_id>.`,
    );
  }
  if (/^\d+$/.test(suffix)) return { name, version: suffix, path: below };
  return { name, stage: suffix.toLowerCase() === 'latest' ? undefined : suffix, path: below };
}

/** Where the files of a model are. @throws ClientError; MlflowError where no version is such */
export async function uriOfModel(client: Client, model: ModelName): Promise<string> {
  if ('model_id' in model) {
    const { model: found } = await client.call(getLoggedModel, { model_id: model.model_id });
    return found.info.artifact_uri;
  }
  const { name } = model;
  const version = await versionOf(client, model);
  return (await client.call(getModelVersionDownloadUri, { name, version })).artifact_uri;
}

async function versionOf(client: Client, model: Exclude<ModelName, { model_id: string }>): Promise<string> {
  const { name } = model;
  if ('version' in model) return model.version;
  if ('alias' in model) {
    const found = await client.call(getModelVersionByAlias, { name, alias: model.alias });
    return found.model_version.version;
  }
  const { model_versions = [] } = await client.call(getLatestVersions, {
    name,
    ...(model.stage === undefined ? {} : { stages: [model.stage] }),
  });
  const newest = model_versions.map(({ version }) => Number(version)).sort((a, b) => b - a)[0];
  if (newest === undefined) {
    throw new MlflowError(
      'RESOURCE_DOES_NOT_EXIST',
      `The model '${name}' has no version${model.stage === undefined ? '' : ` in the stage '${model.stage}'`}.`,
    );
  }
  return String(newest);
}
