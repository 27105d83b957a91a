import { webhookEndpoints } from '@bitacora/protocol';
import { handle } from '../http/routes.ts';
import * as log from './log.ts';
import * as service from './service.ts';

export const webhookRoutes = handle(webhookEndpoints, {
  createWebhook: service.create,
  listWebhooks: service.list,
  getWebhook: service.get,
  updateWebhook: service.update,
  deleteWebhook: service.remove,
  testWebhook: service.test,
  listWebhookDeliveries: log.list,
  getWebhookDelivery: log.get,
  redeliverWebhook: log.redeliver,
});
