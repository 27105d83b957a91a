import { endpoint } from './endpoint.ts';
import { experimentId, runId } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { bool, enumOf, int32, int64, string } from './wire/scalars.ts';

const folder = () =>
  withDefault(string(), '', { describe: 'A folder below the root; without it, all there is.' });

const artifactSize = message({
  size_bytes: required(int64()),
  file_count: required(int32()),
  is_complete: required(bool(), {
    describe:
      'Whether all was counted. Otherwise there is at least so much: counting ends after 100,000 files and folders or 10 seconds, and passes over places that the server cannot open.',
  }),
});
export type ArtifactSize = WireMessage<typeof artifactSize.fields>;

export const getRunArtifactSize = endpoint({
  name: 'getRunArtifactSize',
  method: 'GET',
  path: '/api/2.0/bitacora/runs/{run_id}/artifacts/size',
  summary: 'Count the files of a run, or of one of its folders, and their bytes.',
  permission: { level: 'READ', on: 'run', id: 'run_id' },
  request: message({ run_id: runId(), path: folder() }),
  response: artifactSize,
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getLoggedModelArtifactSize = endpoint({
  name: 'getLoggedModelArtifactSize',
  method: 'GET',
  path: '/api/2.0/bitacora/logged-models/{model_id}/artifacts/size',
  summary: 'Count the files of a logged model, or of one of its folders, and their bytes.',
  permission: { level: 'READ', on: 'logged-model', id: 'model_id' },
  request: message({ model_id: required(string()), path: folder() }),
  response: artifactSize,
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getExperimentArtifactSize = endpoint({
  name: 'getExperimentArtifactSize',
  method: 'GET',
  path: '/api/2.0/bitacora/experiments/{experiment_id}/artifacts/size',
  summary:
    'Count the files of the runs and logged models of an experiment, deleted ones included, and their bytes.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId() }),
  response: artifactSize,
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deletedArtifact = message({
  path: required(string()),
  status: required(enumOf({ DELETED: 1, ABSENT: 2, FAILED: 3 })),
  error_message: optional(string(), { describe: 'Why it failed.' }),
});
export type DeletedArtifact = WireMessage<typeof deletedArtifact.fields>;

export const deleteRunArtifacts = endpoint({
  name: 'deleteRunArtifacts',
  method: 'POST',
  path: '/api/2.0/bitacora/runs/{run_id}/artifacts/delete',
  summary:
    'Delete files and folders of a run for good. A path that cannot be one refuses all of them, before anything is deleted; after that each is told how it went.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({
    run_id: runId(),
    paths: required(repeated(string()), { describe: 'From 1 to 1,000; folders go with all in them.' }),
  }),
  response: message({ artifacts: required(repeated(deletedArtifact)) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const artifactFolderEndpoints = {
  getRunArtifactSize,
  getLoggedModelArtifactSize,
  getExperimentArtifactSize,
  deleteRunArtifacts,
};
