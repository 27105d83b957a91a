import { serverInfoEndpoints } from '@bitacora/protocol';
import { handle } from '../http/routes.ts';

export const serverInfoRoutes = handle(serverInfoEndpoints, {
  getServerInfo: ({ settings, artifacts }) => ({
    store_type: 'SqlStore',
    workspaces_enabled: settings.workspacesEnabled,
    trace_archival_enabled: false,
    // For every large file clients then go to the store itself, and do not come back when it refuses.
    multipart_uploads_enabled: settings.servesArtifacts && artifacts.parts !== undefined,
    multipart_downloads_enabled: settings.servesArtifacts && artifacts.urls !== undefined,
    // That the calls take these fields; which stores can sign is told by each call.
    presigned_upload_run_id_supported: true,
    presigned_upload_model_id_supported: true,
    features_enabled: { gateway: false },
  }),
});
