import { Readable } from 'node:stream';
import {
  ArtifactError,
  type ArtifactPath,
  baseName,
  contentDisposition,
  contentType,
  parseArtifactPath,
  parseNewArtifactPath,
  parseRange,
} from '@bitacora/artifacts';
import { invalidParameter, preview, type TransferName, transfers } from '@bitacora/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { isKnown } from '../http/if-none-match.ts';
import { depsFor } from '../http/workspace.ts';
import { get as getLoggedModel } from '../logged-models/service.ts';
import { filesOf } from '../model-versions/files.ts';
import { sendThumbnail } from '../previews/thumbnail.ts';
import { requireRun } from '../runs/active.ts';
import { findTraceFile } from '../traces/files.ts';
import { placeInWorkspace } from '../workspaces/artifact-place.ts';
import { type Place, placeOf } from './location.ts';
import { sentPath } from './sent-path.ts';
import { sendZip } from './zip.ts';

type TransferHandler = (deps: Deps, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Below this the answer is whole in one write; MLflow's own cap on what its pages upload. */
const UPLOAD_FROM_PAGE_BYTES = 10 * 1024 * 1024;

const sendTraceArtifact: TransferHandler = async (deps, request, reply) => {
  const found = await findTraceFile(deps, neededField(request, 'request_id'), field(request, 'path'));
  if (found.kind === 'stored') return send(found.place, request, reply);
  return reply
    .header('content-type', contentType(found.name))
    .header('content-disposition', contentDisposition(found.name))
    .header('content-security-policy', "default-src 'none'; sandbox")
    .send(found.content);
};

const handlers: Readonly<Record<TransferName, TransferHandler>> = {
  getTraceArtifact: sendTraceArtifact,
  getTraceArtifactV3: sendTraceArtifact,
  downloadArtifact: async (deps, request, reply) => {
    const { path, hasQuery, withoutQuery } = sentPath(request);
    try {
      return await send(await proxied(deps, parseArtifactPath(path)), request, reply);
    } catch (error) {
      // Somebody's own query, which MLflow passes over.
      if (!hasQuery || !(error instanceof ArtifactError && error.kind === 'not_found')) throw error;
      return send(await proxied(deps, parseArtifactPath(withoutQuery)), request, reply);
    }
  },
  uploadArtifact: async (deps, request, reply) => {
    const sent = sentPath(request).path;
    if (sent.endsWith('/')) {
      throw new ArtifactError(
        'invalid_path',
        `'${preview(sent)}' ends in a slash, so it names a folder. Name a file.`,
      );
    }
    const { artifacts, path } = await proxied(deps, parseNewArtifactPath(sent));
    await artifacts.write(path, request.raw, announcedSize(request));
    return reply.code(200).send();
  },
  deleteArtifact: async (deps, request, reply) => {
    const { artifacts, path } = await proxied(deps, parseArtifactPath(sentPath(request).path));
    await artifacts.delete(path);
    return reply.header('content-type', 'application/json').send('{}');
  },
  getArtifact: async (deps, request, reply) => {
    const run_id = field(request, 'run_id') || field(request, 'run_uuid');
    if (run_id === '') throw invalidParameter("Missing value for required parameter 'run_id'.");
    const run = await requireRun(deps.db, deps.scope, run_id);
    const place = await placeOf(deps, run.artifact_uri ?? '', neededField(request, 'path'));
    return send(place, request, reply);
  },
  getModelVersionArtifact: async (deps, request, reply) => {
    const [name, version] = [neededField(request, 'name'), neededField(request, 'version')];
    const path = neededField(request, 'path');
    return send(await placeOf(deps, await filesOf(deps, { name, version }), path), request, reply);
  },
  getLoggedModelArtifact: async (deps, request, reply) => {
    const { model_id } = request.params as { model_id: string };
    const { model } = await getLoggedModel(deps, { model_id, allow_deleted: true });
    const place = await placeOf(deps, model.info.artifact_uri, neededField(request, 'artifact_file_path'));
    return send(place, request, reply);
  },
  uploadArtifactFromPage: async (deps, request, reply) => {
    const length = Number(request.headers['content-length'] ?? Number.NaN);
    if (!(length > 0 && length <= UPLOAD_FROM_PAGE_BYTES)) {
      throw invalidParameter(
        `The body must have from 1 to ${UPLOAD_FROM_PAGE_BYTES} bytes and a Content-Length; larger files go through the artifact proxy.`,
      );
    }
    const run_id = neededField(request, 'run_uuid');
    const run = await requireRun(deps.db, deps.scope, run_id);
    const path = parseNewArtifactPath(neededField(request, 'path'));
    const place = await placeOf(deps, run.artifact_uri ?? '', path);
    await place.artifacts.write(place.path, request.raw, length);
    return reply.code(200).send();
  },
  zipRunArtifacts: async (deps, request, reply) => {
    const { run_id } = request.params as { run_id: string };
    const run = await requireRun(deps.db, deps.scope, run_id);
    return sendFolder(deps, run.artifact_uri ?? '', run_id, request, reply);
  },
  zipLoggedModelArtifacts: async (deps, request, reply) => {
    const { model_id } = request.params as { model_id: string };
    const { model } = await getLoggedModel(deps, { model_id, allow_deleted: true });
    return sendFolder(deps, model.info.artifact_uri, model_id, request, reply);
  },
  zipModelVersionArtifacts: async (deps, request, reply) => {
    const [name, version] = [neededField(request, 'name'), neededField(request, 'version')];
    return sendFolder(deps, await filesOf(deps, { name, version }), `${name}-${version}`, request, reply);
  },
  thumbnailRunArtifact: async (deps, request, reply) => {
    const { run_id } = request.params as { run_id: string };
    const run = await requireRun(deps.db, deps.scope, run_id);
    return sendSmall(deps, run.artifact_uri ?? '', request, reply);
  },
  thumbnailLoggedModelArtifact: async (deps, request, reply) => {
    const { model_id } = request.params as { model_id: string };
    const { model } = await getLoggedModel(deps, { model_id, allow_deleted: true });
    return sendSmall(deps, model.info.artifact_uri, request, reply);
  },
};

/** @param rootName what the archive is called when it holds all below `root_uri`. */
async function sendFolder(
  deps: Deps,
  root_uri: string,
  rootName: string,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const path = parseArtifactPath(field(request, 'path'));
  return sendZip(await placeOf(deps, root_uri, path), baseName(path) || rootName, request, reply);
}

async function sendSmall(deps: Deps, root_uri: string, request: FastifyRequest, reply: FastifyReply) {
  const path = neededField(request, 'path');
  return sendThumbnail(await placeOf(deps, root_uri, path), path, field(request, 'width'), request, reply);
}

/** Files go straight between socket and store: no body of these calls is parsed or held. */
export function mountTransfers(app: FastifyInstance, deps: Deps, prefixes: readonly string[]): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  for (const { name, method, path, ajaxTwin } of transfers) {
    const url = path.replace(/\{(\w+)\}/g, ':$1');
    const handler = (request: FastifyRequest, reply: FastifyReply) =>
      handlers[name](depsFor(deps, request), request, reply);
    const urls = ajaxTwin ? [url, url.replace(/^\/api/, '/ajax-api')] : [url];
    for (const prefix of new Set(prefixes))
      for (const each of urls) app.route({ method, url: prefix + each, handler });
  }
}

/** Bytes of the body; undefined for one that is sent in chunks. */
function announcedSize({ headers }: FastifyRequest): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

const proxied = async (deps: Deps, path: ArtifactPath): Promise<Place> => ({
  artifacts: deps.artifacts,
  path: await placeInWorkspace(deps, path),
});

function field(request: FastifyRequest, name: string): string {
  const value = (request.query as Record<string, unknown>)[name];
  if (Array.isArray(value))
    throw invalidParameter(`Parameter '${name}' is given ${value.length} times. Send it once.`);
  return typeof value === 'string' ? value : '';
}

function neededField(request: FastifyRequest, name: string): string {
  const value = field(request, name);
  if (value === '') throw invalidParameter(`Missing value for required parameter '${name}'.`);
  return value;
}

async function send({ artifacts, path }: Place, request: FastifyRequest, reply: FastifyReply) {
  const file = await artifacts.find(path);
  const name = baseName(path);
  reply
    .header('accept-ranges', 'bytes')
    .header('etag', file.etag)
    .header('last-modified', new Date(file.modified_ms).toUTCString())
    .header('cache-control', 'no-cache')
    .header('content-type', contentType(name))
    .header('content-disposition', contentDisposition(name))
    // Not even a page opened from here by hand may run script in the server's origin.
    .header('content-security-policy', "default-src 'none'; sandbox");
  if (isKnown(request.headers['if-none-match'], file.etag)) {
    await file.close();
    return reply.code(304).send();
  }
  const condition = request.headers['if-range'];
  const range =
    condition === undefined || condition === file.etag
      ? parseRange(request.headers.range, file.size_bytes)
      : undefined;
  if (range === 'unsatisfiable') {
    await file.close();
    return reply.code(416).header('content-range', `bytes */${file.size_bytes}`).send();
  }
  const length = range ? range.last - range.first + 1 : file.size_bytes;
  reply.header('content-length', length);
  if (range) reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${file.size_bytes}`);
  if (request.method === 'HEAD') {
    await file.close();
    // Of a stream Fastify keeps the length that is said above; the file's own it would read to its end for nobody.
    return reply.send(Readable.from([]));
  }
  if (length === 0) {
    await file.close();
    return reply.send();
  }
  return reply.send(file.open(range));
}
