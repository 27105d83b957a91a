import { traceMetricEndpoints } from '@bitacora/protocol';
import { handle, longRead } from '../http/routes.ts';
import { correlate } from '../traces/search/correlation.ts';
import { query } from './service.ts';

export const traceMetricRoutes = handle(traceMetricEndpoints, {
  queryTraceMetrics: longRead(query),
  calculateTraceFilterCorrelation: longRead(correlate),
});
