import { artifactFolderRoutes } from './artifacts/folder-routes.ts';
import { artifactRoutes } from './artifacts/routes.ts';
import { assessmentRoutes } from './assessments/routes.ts';
import { deltaTableRoutes } from './delta-tables/routes.ts';
import { evaluationDatasetRoutes } from './evaluation-datasets/routes.ts';
import { experimentRoutes } from './experiments/routes.ts';
import type { Route } from './http/routes.ts';
import { inputRoutes } from './inputs/routes.ts';
import { issueRoutes } from './issues/routes.ts';
import { labelSchemaRoutes } from './label-schemas/routes.ts';
import { loggedModelRoutes } from './logged-models/routes.ts';
import { metricRoutes } from './metrics/routes.ts';
import { modelAliasRoutes } from './model-aliases/routes.ts';
import { modelVersionRoutes } from './model-versions/routes.ts';
import { previewRoutes } from './previews/routes.ts';
import { registeredModelRoutes } from './registered-models/routes.ts';
import { reviewQueueRoutes } from './review-queues/routes.ts';
import { runDatasetRoutes } from './run-datasets/routes.ts';
import { runRoutes } from './runs/routes.ts';
import { scorerRoutes } from './scorers/routes.ts';
import { serverInfoRoutes } from './server-info/routes.ts';
import { traceMetricRoutes } from './trace-metrics/routes.ts';
import { traceRoutes } from './traces/routes.ts';
import { webhookRoutes } from './webhooks/routes.ts';
import { workspaceRoutes } from './workspaces/routes.ts';

/** The slices, the table of contents of the server. */
export const routes: readonly Route[] = [
  ...experimentRoutes,
  ...runRoutes,
  ...metricRoutes,
  ...inputRoutes,
  ...runDatasetRoutes,
  ...deltaTableRoutes,
  ...loggedModelRoutes,
  ...registeredModelRoutes,
  ...modelVersionRoutes,
  ...modelAliasRoutes,
  ...artifactRoutes,
  ...artifactFolderRoutes,
  ...previewRoutes,
  ...assessmentRoutes,
  ...webhookRoutes,
  ...traceRoutes,
  ...traceMetricRoutes,
  ...serverInfoRoutes,
  ...workspaceRoutes,
  ...evaluationDatasetRoutes,
  ...scorerRoutes,
  ...issueRoutes,
  ...labelSchemaRoutes,
  ...reviewQueueRoutes,
];
