import { endpoint } from './endpoint.ts';
import { runId } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { stringMap } from './wire/json-value.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { bool, int32, int64, string } from './wire/scalars.ts';

export const fileInfo = message({
  path: required(string()),
  is_dir: required(bool()),
  file_size: optional(int64(), { describe: 'Bytes; absent for folders.' }),
});
export type FileInfo = WireMessage<typeof fileInfo.fields>;

/** Ours: clients of MLflow pass over it. */
export const leftOut = () =>
  optional(repeated(string()), {
    describe:
      'Names in the folder that cannot be listed, as other programs have put them there: at most 100 of them.',
  });

export const listArtifacts = endpoint({
  name: 'listArtifacts',
  method: 'GET',
  path: '/api/2.0/mlflow/artifacts/list',
  summary: 'List a folder of a run; the paths are relative to the root of the run.',
  permission: { level: 'READ', on: 'run', id: 'run_id' },
  request: message({ run_id: runId(), path: withDefault(string(), ''), page_token: optional(string()) }),
  response: message({
    root_uri: required(string()),
    files: optional(repeated(fileInfo)),
    left_out: leftOut(),
    next_page_token: optional(string()),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

/** To be sent along with the request that a URL is for, as they are. */
const signedHeaders = stringMap;

export const createPresignedUploadUrl = endpoint({
  name: 'createPresignedUploadUrl',
  method: 'POST',
  path: '/api/2.0/mlflow/artifacts/presigned-upload-url',
  summary: 'A URL to upload one file straight to the store, for stores that can sign one.',
  permission: 'any-user',
  request: message({
    run_id: optional(string()),
    model_id: optional(string()),
    path: required(string()),
    expiration: withDefault(int32(1, 604_800), 900, { describe: 'Seconds.' }),
  }),
  response: message({ presigned_url: required(string()), headers: optional(signedHeaders()) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'NOT_IMPLEMENTED'],
});

export const createPresignedDownloadUrl = endpoint({
  name: 'createPresignedDownloadUrl',
  method: 'POST',
  path: '/api/2.0/mlflow/artifacts/presigned-download-url',
  summary: 'A URL to download one file straight from the store, for stores that can sign one.',
  permission: { level: 'READ', on: 'run', id: 'run_id' },
  request: message({
    run_id: runId(),
    path: required(string()),
    expiration: optional(int32(1, 604_800), {
      describe: 'Seconds; the server has a default, MLFLOW_PRESIGNED_DOWNLOAD_URL_TTL_SECONDS.',
    }),
  }),
  response: message({
    presigned_url: required(string()),
    headers: optional(signedHeaders()),
    file_size: optional(int64()),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'NOT_IMPLEMENTED'],
});

/** Calls of the proxied store. Upload and download carry raw bytes and are declared in `artifact-transfer.ts`. */
const PROXY = '/api/2.0/mlflow-artifacts';

export const listProxiedArtifacts = endpoint({
  name: 'listProxiedArtifacts',
  method: 'GET',
  path: `${PROXY}/artifacts`,
  summary: 'List a folder of the proxied store; the paths are base names.',
  permission: 'any-user',
  request: message({ path: withDefault(string(), '') }),
  response: message({ files: optional(repeated(fileInfo)), left_out: leftOut() }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

/** Azure has no ETag of a part: there it is told by its URL. */
const part = message({
  part_number: required(int32(1)),
  etag: withDefault(string(), ''),
  url: withDefault(string(), ''),
});

export const createMultipartUpload = endpoint({
  name: 'createMultipartUpload',
  method: 'POST',
  path: `${PROXY}/mpu/create/{artifact_path}`,
  summary: 'Begin an upload in parts, for stores that can.',
  permission: 'any-user',
  request: message({
    artifact_path: withDefault(string(), ''),
    path: required(string()),
    num_parts: withDefault(int32(1, 10_000), 1),
  }),
  response: message({
    upload_id: optional(string()),
    credentials: optional(
      repeated(
        message({
          url: required(string()),
          part_number: required(int32()),
          headers: optional(signedHeaders()),
        }),
      ),
    ),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'NOT_IMPLEMENTED'],
});

export const completeMultipartUpload = endpoint({
  name: 'completeMultipartUpload',
  method: 'POST',
  path: `${PROXY}/mpu/complete/{artifact_path}`,
  summary: 'Join the parts of an upload.',
  permission: 'any-user',
  request: message({
    artifact_path: withDefault(string(), ''),
    path: required(string()),
    upload_id: optional(string()),
    parts: withDefault(repeated(part), []),
  }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'NOT_IMPLEMENTED'],
});

export const abortMultipartUpload = endpoint({
  name: 'abortMultipartUpload',
  method: 'POST',
  path: `${PROXY}/mpu/abort/{artifact_path}`,
  summary: 'Give up an upload in parts.',
  permission: 'any-user',
  request: message({
    artifact_path: withDefault(string(), ''),
    path: required(string()),
    upload_id: optional(string()),
  }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'NOT_IMPLEMENTED'],
});

export const getPresignedDownloadUrl = endpoint({
  name: 'getPresignedDownloadUrl',
  method: 'GET',
  path: `${PROXY}/presigned/{artifact_path}`,
  summary: 'A URL to download one file of the proxied store directly, for stores that can sign one.',
  permission: 'any-user',
  request: message({ artifact_path: required(string()) }),
  response: message({
    url: required(string()),
    headers: required(signedHeaders()),
    file_size: optional(int64()),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'NOT_IMPLEMENTED'],
});

export const artifactEndpoints = {
  listArtifacts,
  createPresignedUploadUrl,
  createPresignedDownloadUrl,
  listProxiedArtifacts,
  createMultipartUpload,
  completeMultipartUpload,
  abortMultipartUpload,
  getPresignedDownloadUrl,
};
