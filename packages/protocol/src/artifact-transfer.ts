import type { Method, Permission } from './endpoint.ts';

/** A call whose body or answer is a file, not JSON. `*` stands for the path of the file, slashes included. */
export interface Transfer {
  readonly name: string;
  readonly method: Method;
  readonly path: string;
  readonly ajaxTwin: boolean;
  readonly summary: string;
  readonly permission: Permission;
  readonly query: readonly string[];
}

export const transfers = [
  {
    name: 'downloadArtifact',
    method: 'GET',
    path: '/api/2.0/mlflow-artifacts/artifacts/*',
    ajaxTwin: true,
    summary: 'Download a file of the proxied store. `Range` is honoured.',
    permission: 'any-user',
    query: [],
  },
  {
    name: 'uploadArtifact',
    method: 'PUT',
    path: '/api/2.0/mlflow-artifacts/artifacts/*',
    ajaxTwin: true,
    summary: 'Upload a file to the proxied store; the body is the file.',
    permission: 'any-user',
    query: [],
  },
  {
    name: 'deleteArtifact',
    method: 'DELETE',
    path: '/api/2.0/mlflow-artifacts/artifacts/*',
    ajaxTwin: true,
    summary: 'Delete a file or folder of the proxied store. What is absent counts as deleted.',
    permission: 'any-user',
    query: [],
  },
  {
    name: 'getArtifact',
    method: 'GET',
    path: '/get-artifact',
    ajaxTwin: false,
    summary: 'Download a file of a run.',
    permission: 'any-user',
    query: ['run_id', 'run_uuid', 'path'],
  },
  {
    name: 'getModelVersionArtifact',
    method: 'GET',
    path: '/model-versions/get-artifact',
    ajaxTwin: false,
    summary: 'Download a file of a model version.',
    permission: 'any-user',
    query: ['name', 'version', 'path'],
  },
  {
    name: 'getLoggedModelArtifact',
    method: 'GET',
    path: '/ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files',
    ajaxTwin: false,
    summary: 'Download a file of a logged model.',
    permission: 'any-user',
    query: ['artifact_file_path'],
  },
  {
    name: 'uploadArtifactFromPage',
    method: 'POST',
    path: '/ajax-api/2.0/mlflow/upload-artifact',
    ajaxTwin: false,
    summary: 'Upload a small file to a run, as MLflow’s own pages do; the body is the file, at most 10 MiB.',
    permission: 'any-user',
    query: ['run_uuid', 'path'],
  },
  {
    name: 'getTraceArtifact',
    method: 'GET',
    path: '/ajax-api/2.0/mlflow/get-trace-artifact',
    ajaxTwin: false,
    summary:
      'Download the spans of a trace as the file traces.json, or an attachment of it when path names one.',
    permission: 'any-user',
    query: ['request_id', 'path'],
  },
  {
    name: 'getTraceArtifactV3',
    method: 'GET',
    path: '/ajax-api/3.0/mlflow/get-trace-artifact',
    ajaxTwin: false,
    summary:
      'Download the spans of a trace as the file traces.json, or an attachment of it when path names one.',
    permission: 'any-user',
    query: ['request_id', 'path'],
  },
  {
    name: 'zipRunArtifacts',
    method: 'GET',
    path: '/api/2.0/bitacora/runs/{run_id}/artifacts/zip',
    ajaxTwin: true,
    summary: 'Download a folder of a run as a zip archive; without a path, all files of the run.',
    permission: { level: 'READ', on: 'run', id: 'run_id' },
    query: ['path'],
  },
  {
    name: 'zipLoggedModelArtifacts',
    method: 'GET',
    path: '/api/2.0/bitacora/logged-models/{model_id}/artifacts/zip',
    ajaxTwin: true,
    summary: 'Download a folder of a logged model as a zip archive; without a path, all files of the model.',
    permission: { level: 'READ', on: 'logged-model', id: 'model_id' },
    query: ['path'],
  },
  {
    name: 'zipModelVersionArtifacts',
    method: 'GET',
    path: '/api/2.0/bitacora/model-versions/artifacts/zip',
    ajaxTwin: true,
    summary:
      'Download a folder of a model version as a zip archive; without a path, all files of the version.',
    permission: { level: 'READ', on: 'registered-model', id: 'name' },
    query: ['name', 'version', 'path'],
  },
  {
    name: 'thumbnailRunArtifact',
    method: 'GET',
    path: '/api/2.0/bitacora/runs/{run_id}/artifacts/preview/thumbnail',
    ajaxTwin: true,
    summary:
      'A picture of a run made small, as WebP, at most width pixels wide and high (16 to 1024, 256 when unset).',
    permission: { level: 'READ', on: 'run', id: 'run_id' },
    query: ['path', 'width'],
  },
  {
    name: 'thumbnailLoggedModelArtifact',
    method: 'GET',
    path: '/api/2.0/bitacora/logged-models/{model_id}/artifacts/preview/thumbnail',
    ajaxTwin: true,
    summary:
      'A picture of a logged model made small, as WebP, at most width pixels wide and high (16 to 1024, 256 when unset).',
    permission: { level: 'READ', on: 'logged-model', id: 'model_id' },
    query: ['path', 'width'],
  },
] as const satisfies readonly Transfer[];

export type TransferName = (typeof transfers)[number]['name'];
