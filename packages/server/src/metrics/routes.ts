import { metricEndpoints } from '@bitacora/protocol';
import { handle, longRead } from '../http/routes.ts';
import { bulkHistory, history, sampledHistory } from './history.ts';
import * as service from './service.ts';

export const metricRoutes = handle(metricEndpoints, {
  logMetric: service.log,
  getMetricHistory: longRead(history),
  getMetricHistoryBulk: longRead(bulkHistory),
  getMetricHistoryBulkInterval: longRead(sampledHistory),
});
