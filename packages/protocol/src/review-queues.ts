import { endpoint } from './endpoint.ts';
import { experimentId } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { bool, enumOf, int32, int64, string } from './wire/scalars.ts';

const reviewQueueType = enumOf({ USER: 1, CUSTOM: 2 });
const reviewItemType = enumOf({ TRACE: 1 });
const reviewStatus = enumOf({ PENDING: 1, COMPLETE: 2, DECLINED: 3 });

export const reviewQueue = message({
  queue_id: required(string()),
  experiment_id: required(string()),
  name: required(string()),
  queue_type: required(reviewQueueType),
  created_by: optional(string()),
  creation_time_ms: required(int64()),
  last_update_time_ms: required(int64()),
  users: optional(repeated(string())),
  schema_ids: optional(repeated(string())),
});
export type ReviewQueue = WireMessage<typeof reviewQueue.fields>;

export const reviewQueueItem = message({
  queue_id: required(string()),
  item_type: required(reviewItemType),
  item_id: required(string()),
  status: required(reviewStatus),
  completed_by: optional(string()),
  completed_time_ms: optional(int64()),
  creation_time_ms: required(int64()),
  last_update_time_ms: required(int64()),
});
export type ReviewQueueItem = WireMessage<typeof reviewQueueItem.fields>;

const PATH = '/api/3.0/mlflow/review-queues';
const queueId = () => required(string());
const strings = () => withDefault(repeated(string()), []);
const paging = { max_results: withDefault(int32(1, 50_000), 1000), page_token: optional(string()) };
const nextPageToken = () => required(string(), { describe: 'Empty on the last page.' });

export const createReviewQueue = endpoint({
  name: 'createReviewQueue',
  method: 'POST',
  path: `${PATH}/create`,
  summary: 'Create a queue of traces to review: of one user, or of some who answer chosen questions.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: experimentId(),
    name: required(string()),
    queue_type: required(reviewQueueType),
    users: strings(),
    schema_ids: strings(),
  }),
  response: message({ review_queue: required(reviewQueue) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'RESOURCE_ALREADY_EXISTS'],
});

export const getOrCreateUserQueue = endpoint({
  name: 'getOrCreateUserQueue',
  method: 'POST',
  path: `${PATH}/get-or-create-user`,
  summary: 'The queue of a user, created when there is none.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId(), user: required(string()) }),
  response: message({ review_queue: required(reviewQueue) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'RESOURCE_ALREADY_EXISTS'],
});

export const getReviewQueue = endpoint({
  name: 'getReviewQueue',
  method: 'GET',
  path: `${PATH}/get`,
  summary: 'Get a review queue by its id.',
  permission: 'any-user',
  request: message({ queue_id: queueId() }),
  response: message({ review_queue: required(reviewQueue) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const getReviewQueueByName = endpoint({
  name: 'getReviewQueueByName',
  method: 'GET',
  path: `${PATH}/get-by-name`,
  summary: 'Get a review queue of an experiment by its name, in any case of letters.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId(), name: required(string()) }),
  response: message({ review_queue: required(reviewQueue) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const listReviewQueues = endpoint({
  name: 'listReviewQueues',
  method: 'GET',
  path: `${PATH}/list`,
  summary: 'The review queues of an experiment, newest first: all, those of a user, or those with an item.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: experimentId(),
    user: optional(string()),
    item_id: optional(string()),
    ...paging,
  }),
  response: message({
    review_queues: optional(repeated(reviewQueue)),
    next_page_token: nextPageToken(),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const updateReviewQueue = endpoint({
  name: 'updateReviewQueue',
  method: 'POST',
  path: `${PATH}/update`,
  summary: 'Change a review queue that is not a user’s. Its questions are fixed once it has items.',
  permission: 'any-user',
  request: message({
    queue_id: queueId(),
    update_users: withDefault(bool(), false),
    users: strings(),
    update_schema_ids: withDefault(bool(), false),
    schema_ids: strings(),
    name: optional(string()),
    new_owner: optional(string()),
  }),
  response: message({ review_queue: required(reviewQueue) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'RESOURCE_ALREADY_EXISTS'],
});

export const deleteReviewQueue = endpoint({
  name: 'deleteReviewQueue',
  method: 'POST',
  path: `${PATH}/delete`,
  summary: 'Delete a review queue with its items for good. One that is absent counts as deleted.',
  permission: 'any-user',
  request: message({ queue_id: queueId() }),
  response: message({}),
  errors: [],
});

export const addItemsToReviewQueue = endpoint({
  name: 'addItemsToReviewQueue',
  method: 'POST',
  path: `${PATH}/items/add`,
  summary: 'Put traces of the experiment into a review queue; those that are in it already stay as they are.',
  permission: 'any-user',
  request: message({
    queue_id: queueId(),
    item_type: withDefault(reviewItemType, 'TRACE'),
    item_ids: strings(),
  }),
  response: message({ items: optional(repeated(reviewQueueItem)) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const removeItemsFromReviewQueue = endpoint({
  name: 'removeItemsFromReviewQueue',
  method: 'POST',
  path: `${PATH}/items/remove`,
  summary: 'Take items out of a review queue.',
  permission: 'any-user',
  request: message({ queue_id: queueId(), item_ids: strings() }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const listReviewQueueItems = endpoint({
  name: 'listReviewQueueItems',
  method: 'GET',
  path: `${PATH}/items/list`,
  summary: 'The items of a review queue, newest first.',
  permission: 'any-user',
  request: message({ queue_id: queueId(), status: optional(reviewStatus), ...paging }),
  response: message({ items: optional(repeated(reviewQueueItem)), next_page_token: nextPageToken() }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const setReviewQueueItemStatus = endpoint({
  name: 'setReviewQueueItemStatus',
  method: 'POST',
  path: `${PATH}/items/set-status`,
  summary: 'Complete, decline or reopen an item of a review queue.',
  permission: 'any-user',
  request: message({
    queue_id: queueId(),
    item_id: required(string()),
    status: required(reviewStatus),
    completed_by: optional(string()),
  }),
  response: message({ item: required(reviewQueueItem) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const reviewQueueEndpoints = {
  createReviewQueue,
  getOrCreateUserQueue,
  getReviewQueue,
  getReviewQueueByName,
  listReviewQueues,
  updateReviewQueue,
  deleteReviewQueue,
  addItemsToReviewQueue,
  removeItemsFromReviewQueue,
  listReviewQueueItems,
  setReviewQueueItemStatus,
};
