import {
  ArtifactError,
  NO_MULTIPART_DOWNLOAD,
  NO_MULTIPART_UPLOAD,
  parseArtifactPath,
} from '@bitacora/artifacts';
import { artifactEndpoints, invalidParameter } from '@bitacora/protocol';
import { handle } from '../http/routes.ts';
import * as loggedModels from '../logged-models/service.ts';
import { requireRun } from '../runs/active.ts';
import { placeInWorkspace } from '../workspaces/artifact-place.ts';
import { listFolder } from './listing.ts';

const unsupported = (message: string) => new ArtifactError('unsupported', message);

/** Only stores that can sign URLs have these; clients then go through the proxy. */
const noPresigned = (uri: string) =>
  invalidParameter(
    `Presigned URLs are not supported for the artifact root '${uri}'. Use the artifact proxy instead.`,
  );

export const artifactRoutes = handle(artifactEndpoints, {
  listArtifacts: async (deps, { run_id, path }) => {
    const run = await requireRun(deps.db, deps.scope, run_id);
    return listFolder(deps, run.artifact_uri ?? '', path);
  },
  listProxiedArtifacts: async (deps, { path }) => {
    const folder = await placeInWorkspace(deps, parseArtifactPath(path));
    const files = await Array.fromAsync(deps.artifacts.list(folder));
    return files.length === 0 ? {} : { files };
  },
  createMultipartUpload: () => {
    throw unsupported(NO_MULTIPART_UPLOAD);
  },
  completeMultipartUpload: () => {
    throw unsupported(NO_MULTIPART_UPLOAD);
  },
  abortMultipartUpload: () => {
    throw unsupported(NO_MULTIPART_UPLOAD);
  },
  getPresignedDownloadUrl: () => {
    throw unsupported(NO_MULTIPART_DOWNLOAD);
  },
  createPresignedUploadUrl: async (deps, { run_id, model_id, path }) => {
    if ((run_id === undefined) === (model_id === undefined)) {
      throw invalidParameter("Give exactly one of 'run_id' and 'model_id'.");
    }
    parseArtifactPath(path);
    if (model_id !== undefined) {
      const { model } = await loggedModels.get(deps, { model_id, allow_deleted: false });
      throw noPresigned(model.info.artifact_uri);
    }
    const run = await requireRun(deps.db, deps.scope, run_id ?? '');
    throw noPresigned(run.artifact_uri ?? '');
  },
  createPresignedDownloadUrl: async ({ db, scope }, { run_id, path }) => {
    const run = await requireRun(db, scope, run_id);
    parseArtifactPath(path);
    throw noPresigned(run.artifact_uri ?? '');
  },
});
