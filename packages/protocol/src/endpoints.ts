import { artifactFolderEndpoints } from './artifact-folders.ts';
import { artifactPreviewEndpoints } from './artifact-previews.ts';
import { artifactEndpoints } from './artifacts.ts';
import { assessmentEndpoints } from './assessments.ts';
import { deltaSnapshotEndpoints } from './delta-snapshots.ts';
import { evaluationDatasetEndpoints } from './evaluation-datasets.ts';
import { experimentEndpoints } from './experiments.ts';
import { inputEndpoints } from './inputs.ts';
import { issueEndpoints } from './issues.ts';
import { labelSchemaEndpoints } from './label-schemas.ts';
import { loggedModelEndpoints } from './logged-models.ts';
import { metricEndpoints } from './metrics.ts';
import { modelAliasEndpoints } from './model-aliases.ts';
import { modelVersionEndpoints } from './model-versions.ts';
import { registeredModelEndpoints } from './registered-models.ts';
import { reviewQueueEndpoints } from './review-queues.ts';
import { runDatasetEndpoints } from './run-datasets.ts';
import { runEndpoints } from './runs.ts';
import { scorerEndpoints } from './scorers.ts';
import { serverInfoEndpoints } from './server-info.ts';
import { traceLinkEndpoints } from './trace-links.ts';
import { traceMetricEndpoints } from './trace-metrics.ts';
import { traceTagEndpoints } from './trace-tags.ts';
import { traceEndpoints } from './traces.ts';
import { traceV2Endpoints } from './traces-v2.ts';
import { webhookEndpoints } from './webhooks.ts';
import { workspaceEndpoints } from './workspaces.ts';

/** Every JSON call of the server. */
export const endpoints = {
  ...experimentEndpoints,
  ...runEndpoints,
  ...metricEndpoints,
  ...inputEndpoints,
  ...runDatasetEndpoints,
  ...deltaSnapshotEndpoints,
  ...loggedModelEndpoints,
  ...registeredModelEndpoints,
  ...modelVersionEndpoints,
  ...modelAliasEndpoints,
  ...artifactEndpoints,
  ...artifactFolderEndpoints,
  ...artifactPreviewEndpoints,
  ...assessmentEndpoints,
  ...webhookEndpoints,
  ...traceEndpoints,
  ...traceTagEndpoints,
  ...traceLinkEndpoints,
  ...traceV2Endpoints,
  ...traceMetricEndpoints,
  ...serverInfoEndpoints,
  ...workspaceEndpoints,
  ...evaluationDatasetEndpoints,
  ...scorerEndpoints,
  ...issueEndpoints,
  ...labelSchemaEndpoints,
  ...reviewQueueEndpoints,
};

export type Endpoints = typeof endpoints;
export type EndpointName = keyof Endpoints;
