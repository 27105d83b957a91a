import { artifactEndpoints } from './artifacts.ts';
import { experimentEndpoints } from './experiments.ts';
import { inputEndpoints } from './inputs.ts';
import { loggedModelEndpoints } from './logged-models.ts';
import { metricEndpoints } from './metrics.ts';
import { runEndpoints } from './runs.ts';
import { serverInfoEndpoints } from './server-info.ts';

/** Every JSON call of the server. */
export const endpoints = {
  ...experimentEndpoints,
  ...runEndpoints,
  ...metricEndpoints,
  ...inputEndpoints,
  ...loggedModelEndpoints,
  ...artifactEndpoints,
  ...serverInfoEndpoints,
};

export type Endpoints = typeof endpoints;
export type EndpointName = keyof Endpoints;
