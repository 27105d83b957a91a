import { reviewQueueEndpoints } from '@bitacora/protocol';
import { handle } from '../http/routes.ts';
import * as items from './items.ts';
import * as service from './service.ts';

export const reviewQueueRoutes = handle(reviewQueueEndpoints, {
  createReviewQueue: service.create,
  getOrCreateUserQueue: service.getOrCreate,
  getReviewQueue: service.get,
  getReviewQueueByName: service.getByName,
  listReviewQueues: service.listAll,
  updateReviewQueue: service.update,
  deleteReviewQueue: service.remove,
  addItemsToReviewQueue: items.add,
  removeItemsFromReviewQueue: items.remove,
  listReviewQueueItems: items.listPage,
  setReviewQueueItemStatus: items.setStatus,
});
