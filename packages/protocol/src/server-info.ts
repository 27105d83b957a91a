import { endpoint } from './endpoint.ts';
import { required } from './wire/field.ts';
import { message } from './wire/message.ts';
import { bool, string } from './wire/scalars.ts';

/**
 * The MLflow release whose behaviour we serve. Clients parse `/version` as a Python version and choose features by it,
 * so it names MLflow's release, never ours.
 */
export const MLFLOW_VERSION = '3.17.2';

export const getServerInfo = endpoint({
  name: 'getServerInfo',
  method: 'GET',
  path: '/api/3.0/mlflow/server-info',
  summary: 'What this server can do. Clients cache the answer for a minute.',
  permission: 'public',
  request: message({}),
  response: message({
    store_type: required(string()),
    workspaces_enabled: required(bool()),
    trace_archival_enabled: required(bool()),
    multipart_uploads_enabled: required(bool()),
    multipart_downloads_enabled: required(bool()),
    presigned_upload_run_id_supported: required(bool()),
    presigned_upload_model_id_supported: required(bool()),
    features_enabled: required(message({ gateway: required(bool()) })),
  }),
  errors: [],
});

export const serverInfoEndpoints = { getServerInfo };
