import { resolve } from 'node:path';
import {
  type ArtifactPath,
  type ArtifactRepository,
  ArtifactStores,
  joinPaths,
  parseArtifactPath,
  parseArtifactUri,
  ROOT,
} from '@bitacora/artifacts';
import { getRun, invalidParameter } from '@bitacora/protocol';
import { connectTracking, type TrackingServer } from '../tracking-server.ts';
import { parseModelUri, uriOfModel } from './model-uri.ts';
import { ProxiedArtifactRepository } from './proxied-repository.ts';

/** A file or folder, and what it is in. */
export interface OpenedArtifacts extends AsyncDisposable {
  readonly artifacts: ArtifactRepository;
  /** Of what the URI names, below the root of `artifacts`. */
  readonly path: ArtifactPath;
}

/**
 * What an artifact URI names, as MLflow's clients follow it: `runs:/<run_id>/path`, `models:/<name>/<version, stage or
 * latest>`, `models:/<name>@<alias>`, `models:/m-…`, `mlflow-artifacts:`, and the URIs and paths of stores, which are
 * opened with the credentials of this process.
 *
 * @throws ArtifactError, ClientError, MlflowError where no server is named that the URI needs
 */
export async function openArtifacts(
  uri: string,
  server: () => TrackingServer = () => connectTracking(undefined),
): Promise<OpenedArtifacts> {
  const scheme = /^([a-z]+):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === 'runs') {
    const [, run_id = '', path = ''] = /^runs:\/*([^/]+)\/*(.*)$/is.exec(uri) ?? [];
    if (run_id === '') throw invalidParameter(`'${uri}' names no run. Write it as runs:/<run_id>/<path>.`);
    return openRunArtifacts(run_id, path, server);
  }
  if (scheme === 'models') {
    const { path, ...model } = parseModelUri(uri);
    return openWithin(await uriOfModel(server().client, model), path, server);
  }
  return openWithin(uri, '', server);
}

/** A path of a run. @throws as `openArtifacts` */
export async function openRunArtifacts(
  run_id: string,
  path: string,
  server: () => TrackingServer = () => connectTracking(undefined),
): Promise<OpenedArtifacts> {
  const { run } = await server().client.call(getRun, { run_id });
  return openWithin(run.info.artifact_uri ?? '', path, server);
}

async function openWithin(uri: string, path: string, server: () => TrackingServer): Promise<OpenedArtifacts> {
  if (/^(?:runs|models):/i.test(uri)) return openArtifacts(path === '' ? uri : `${uri}/${path}`, server);
  const below = parseArtifactPath(path);
  const location = parseArtifactUri(uri);
  if (location.kind !== 'proxied') {
    const stores = new ArtifactStores();
    const base = location.kind === 'local' ? resolve(location.path) : uri;
    const [folder, name] = path === '' ? splitLast(base) : [base, below];
    return { artifacts: await stores.at(folder), path: name, [Symbol.asyncDispose]: () => stores.close() };
  }
  const host = /^mlflow-artifacts:\/\/([^/]+)/i.exec(uri)?.[1];
  const own = host === undefined ? undefined : connectTracking(`http://${host}`);
  return {
    artifacts: new ProxiedArtifactRepository(own ?? server(), ROOT),
    path: joinPaths(location.path, below),
    [Symbol.asyncDispose]: async () => own?.close(),
  };
}

/** A URI may name a file, which only its folder can say. */
function splitLast(uri: string): readonly [folder: string, name: ArtifactPath] {
  const [, folder, name] = /^(.*[^:/]\/+|\/+)([^/?]+)\/*$/.exec(uri) ?? [];
  return folder === undefined || name === undefined ? [uri, ROOT] : [folder, parseArtifactPath(name)];
}
