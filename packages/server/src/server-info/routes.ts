import { serverInfoEndpoints } from '@bitacora/protocol';
import { handle } from '../http/routes.ts';

export const serverInfoRoutes = handle(serverInfoEndpoints, {
  getServerInfo: ({ settings }) => ({
    store_type: 'SqlStore',
    workspaces_enabled: settings.workspacesEnabled,
    trace_archival_enabled: false,
    multipart_uploads_enabled: false,
    multipart_downloads_enabled: false,
    presigned_upload_run_id_supported: false,
    presigned_upload_model_id_supported: false,
    features_enabled: { gateway: false },
  }),
});
