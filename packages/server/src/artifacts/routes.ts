import {
  ArtifactError,
  type ArtifactPath,
  isBeyondClients,
  joinPaths,
  NO_MULTIPART_DOWNLOAD,
  NO_MULTIPART_UPLOAD,
  NO_PRESIGNED_DOWNLOAD,
  NO_PRESIGNED_UPLOAD,
  parseArtifactPath,
  parseNewArtifactPath,
  pathOfListed,
  ROOT,
} from '@bitacora/artifacts';
import { artifactEndpoints, invalidParameter, preview } from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { handle } from '../http/routes.ts';
import * as loggedModels from '../logged-models/service.ts';
import { requireRun } from '../runs/active.ts';
import { placeInWorkspace } from '../workspaces/artifact-place.ts';
import { listFolder, listPlace } from './listing.ts';
import { placeOf } from './location.ts';

const unsupported = (message: string) => new ArtifactError('unsupported', message);

export const artifactRoutes = handle(artifactEndpoints, {
  listArtifacts: async (deps, { run_id, path }) => {
    const run = await requireRun(deps.db, deps.scope, run_id);
    return listFolder(deps, run.artifact_uri ?? '', path);
  },
  listProxiedArtifacts: async (deps, { path }) => {
    const folder = await placeInWorkspace(deps, parseArtifactPath(path));
    // Of one name that it refuses MLflow's client makes an error of the whole listing.
    return listPlace(
      { artifacts: deps.artifacts, path: folder },
      (name) => (isBeyondClients(name) ? undefined : pathOfListed(ROOT, name)),
      {},
    );
  },
  createMultipartUpload: async (deps, { artifact_path, path, num_parts }) => {
    const { parts } = deps.artifacts;
    if (!parts) throw unsupported(NO_MULTIPART_UPLOAD);
    const created = await parts.create(await placeOfUpload(deps, artifact_path, path), num_parts);
    return {
      ...(created.upload_id === '' ? {} : { upload_id: created.upload_id }),
      credentials: created.parts.map((part, at) => ({ ...part, part_number: at + 1 })),
    };
  },
  completeMultipartUpload: async (deps, { artifact_path, path, upload_id, parts: sent }) => {
    const { parts } = deps.artifacts;
    if (!parts) throw unsupported(NO_MULTIPART_UPLOAD);
    if (sent.length === 0) throw invalidParameter("Missing value for required parameter 'parts'.");
    await parts.complete(await placeOfUpload(deps, artifact_path, path), upload_id ?? '', sent);
    return {};
  },
  abortMultipartUpload: async (deps, { artifact_path, path, upload_id }) => {
    const { parts } = deps.artifacts;
    if (!parts) throw unsupported(NO_MULTIPART_UPLOAD);
    await parts.abort(await placeOfUpload(deps, artifact_path, path), upload_id ?? '');
    return {};
  },
  getPresignedDownloadUrl: async (deps, { artifact_path }) => {
    const { urls } = deps.artifacts;
    if (!urls) throw unsupported(NO_MULTIPART_DOWNLOAD);
    const place = await placeInWorkspace(deps, parseArtifactPath(artifact_path));
    return urls.download(place, deps.settings.downloadUrl_seconds);
  },
  createPresignedUploadUrl: async (deps, { run_id, model_id, path, expiration }) => {
    if ((run_id === undefined) === (model_id === undefined)) {
      throw invalidParameter("Give exactly one of 'run_id' and 'model_id'.");
    }
    const root_uri =
      model_id === undefined
        ? ((await requireRun(deps.db, deps.scope, run_id ?? '')).artifact_uri ?? '')
        : (await loggedModels.get(deps, { model_id, allow_deleted: false })).model.info.artifact_uri;
    const place = await placeOfDirect(deps, root_uri, path, 'upload');
    if (!place.artifacts.urls) throw unsupported(NO_PRESIGNED_UPLOAD);
    const { url, headers } = await place.artifacts.urls.upload(place.path, expiration);
    return { presigned_url: url, headers };
  },
  createPresignedDownloadUrl: async (deps, { run_id, path, expiration }) => {
    const run = await requireRun(deps.db, deps.scope, run_id);
    const place = await placeOfDirect(deps, run.artifact_uri ?? '', path, 'download');
    if (!place.artifacts.urls) throw unsupported(NO_PRESIGNED_DOWNLOAD);
    const seconds = expiration ?? deps.settings.downloadUrl_seconds;
    const { url, ...rest } = await place.artifacts.urls.download(place.path, seconds);
    return { presigned_url: url, ...rest };
  },
});

/** Where an upload in parts goes. Clients send the path of the file on their own disk: its name alone is of interest. */
async function placeOfUpload(deps: ReadDeps, folder: string, localPath: string): Promise<ArtifactPath> {
  // A backslash parts folders on Windows alone, where no path begins with a slash.
  const name = parseNewArtifactPath(
    localPath.replace(localPath.startsWith('/') ? /^.*\//s : /^.*[/\\]/s, ''),
  );
  if (name === '') throw invalidParameter(`The path '${preview(localPath)}' names no file.`);
  return placeInWorkspace(deps, joinPaths(parseNewArtifactPath(folder), name));
}

/** The place of a file that its owner reaches in the store itself; the proxy has calls of its own. */
async function placeOfDirect(deps: ReadDeps, root_uri: string, path: string, what: 'upload' | 'download') {
  const scheme = /^(https?|mlflow-artifacts):/i.exec(root_uri)?.[1];
  if (scheme !== undefined) {
    throw invalidParameter(
      `Presigned ${what} is not supported for proxied artifact storage (artifact URI scheme: ${scheme}). Use the artifact proxy instead.`,
    );
  }
  const parsed = what === 'upload' ? parseNewArtifactPath(path) : parseArtifactPath(path);
  if (parsed === '') throw invalidParameter("The parameter 'path' names no file.");
  return placeOf(deps, root_uri, path);
}
