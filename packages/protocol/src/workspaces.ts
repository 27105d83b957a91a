import { endpoint } from './endpoint.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { string } from './wire/scalars.ts';

const traceArchivalConfig = message({
  location: optional(string(), { describe: 'Where old traces are moved to, such as `s3://bucket/path`.' }),
  retention: optional(string(), {
    describe: 'How long traces stay: a whole number and `m`, `h` or `d`, such as `30d`.',
  }),
});

export const workspace = message({
  name: required(string()),
  description: optional(string()),
  default_artifact_root: optional(string()),
  trace_archival_config: optional(traceArchivalConfig),
});
export type Workspace = WireMessage<typeof workspace.fields>;

/** What an empty text does: it takes the setting back, and that of the server holds again. */
const settings = {
  description: optional(string()),
  default_artifact_root: optional(string(), {
    describe: 'Parent of the artifact locations of new experiments; without one they go below the server’s.',
  }),
  trace_archival_config: optional(traceArchivalConfig),
};

const PATH = '/api/3.0/mlflow/workspaces';

export const listWorkspaces = endpoint({
  name: 'listWorkspaces',
  method: 'GET',
  path: PATH,
  summary: 'All workspaces, by name.',
  permission: 'any-user',
  request: message({}),
  response: message({ workspaces: optional(repeated(workspace)) }),
  errors: ['ENDPOINT_NOT_FOUND'],
});

export const createWorkspace = endpoint({
  name: 'createWorkspace',
  method: 'POST',
  path: PATH,
  status: 201,
  summary: 'Create a workspace. Its name stays: 2 to 63 of a-z, 0-9 and, within, hyphens.',
  permission: 'admin',
  request: message({ name: required(string()), ...settings }),
  response: message({ workspace: required(workspace) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_ALREADY_EXISTS', 'ENDPOINT_NOT_FOUND'],
});

export const getWorkspace = endpoint({
  name: 'getWorkspace',
  method: 'GET',
  path: `${PATH}/{workspace_name}`,
  summary: 'Get a workspace.',
  permission: 'any-user',
  request: message({ workspace_name: required(string()) }),
  response: message({ workspace: required(workspace) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'ENDPOINT_NOT_FOUND'],
});

export const updateWorkspace = endpoint({
  name: 'updateWorkspace',
  method: 'PATCH',
  path: `${PATH}/{workspace_name}`,
  summary:
    'Change what is given; an empty text takes a setting back. Experiments that exist stay where they are.',
  permission: 'admin',
  request: message({ workspace_name: required(string()), ...settings }),
  response: message({ workspace: required(workspace) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'ENDPOINT_NOT_FOUND'],
});

/** What becomes of the resources of a workspace that goes away. */
export const DELETION_MODES = ['RESTRICT', 'CASCADE', 'SET_DEFAULT'] as const;
export type WorkspaceDeletionMode = (typeof DELETION_MODES)[number];

export const deleteWorkspace = endpoint({
  name: 'deleteWorkspace',
  method: 'DELETE',
  path: `${PATH}/{workspace_name}`,
  status: 204,
  inQuery: ['mode'],
  summary:
    'Delete a workspace: RESTRICT refuses while it holds anything, CASCADE deletes all in it, SET_DEFAULT moves all to the default workspace.',
  permission: 'admin',
  request: message({
    workspace_name: required(string()),
    // A text, not an enum: those read an unknown word as unset, and here a slip must not pick another mode.
    mode: withDefault(string(), 'RESTRICT', { describe: `One of ${DELETION_MODES.join(', ')}.` }),
  }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'INVALID_STATE', 'ENDPOINT_NOT_FOUND'],
});

export const workspaceEndpoints = {
  listWorkspaces,
  createWorkspace,
  getWorkspace,
  updateWorkspace,
  deleteWorkspace,
};
