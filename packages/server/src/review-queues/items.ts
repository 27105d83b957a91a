import { FOR_UPDATE, type ReviewQueueItemRow } from '@bitacora/db';
import {
  type addItemsToReviewQueue,
  type Input,
  invalidParameter,
  type listReviewQueueItems,
  notFound,
  type removeItemsFromReviewQueue,
  type setReviewQueueItemStatus,
} from '@bitacora/protocol';
import type { Deps, ReadDeps } from '../deps.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { toItemIds, toUser } from './names.ts';
import * as queries from './queries.ts';
import { type StoredStatus, toReviewQueueItem } from './review-queue.ts';
import { requireQueue } from './service.ts';

export async function add({ write, clock, scope }: Deps, input: Input<typeof addItemsToReviewQueue>) {
  const item_ids = toItemIds(input.item_ids);
  return write(async (tx) => {
    const queue = await queries.lockQueue(tx, scope, input.queue_id);
    if (!queue) throw notFound('review queue', input.queue_id);
    // No foreign key looks after items: one of another experiment would show its trace to strangers.
    const known = new Set(await queries.listTracesIn(tx, queue.experiment_id, item_ids));
    const unknown = item_ids.find((id) => !known.has(id));
    if (unknown !== undefined) throw notFound(`trace in experiment ${queue.experiment_id}`, unknown);
    await queries.insertItems(tx, queue.queue_id, item_ids, clock.nowMs());
    const rows = await queries.listItemsById(tx, queue.queue_id, item_ids);
    const byId = new Map(rows.map((row) => [row.item_id, row]));
    return { items: item_ids.flatMap((id) => byId.get(id) ?? []).map(toReviewQueueItem) };
  });
}

export async function remove({ write, scope }: Deps, input: Input<typeof removeItemsFromReviewQueue>) {
  const item_ids = toItemIds(input.item_ids);
  await write(async (tx) => {
    const { queue_id } = await requireQueue(tx, scope, input.queue_id);
    await queries.deleteItems(tx, queue_id, item_ids);
  });
  return {};
}

export async function listPage({ db, scope }: ReadDeps, input: Input<typeof listReviewQueueItems>) {
  const offset = fromPageToken(input.page_token);
  const { queue_id } = await requireQueue(db, scope, input.queue_id);
  const found = await queries.listItems(
    db,
    queue_id,
    input.status?.toLowerCase(),
    input.max_results + 1,
    offset,
  );
  const { rows, next_page_token = '' } = page(found, input.max_results, offset);
  return { ...(rows.length === 0 ? {} : { items: rows.map(toReviewQueueItem) }), next_page_token };
}

export async function setStatus(
  { write, clock, scope }: Deps,
  input: Input<typeof setReviewQueueItemStatus>,
) {
  const status = (input.status ?? 'PENDING').toLowerCase() as StoredStatus;
  const user = input.completed_by === undefined ? null : toUser(input.completed_by, 'completed_by');
  if (status === 'pending' && user !== null)
    throw invalidParameter("Parameter 'completed_by' must not be given when an item is reopened.");
  if (status !== 'pending' && user === null)
    throw invalidParameter(
      `Missing value for required parameter 'completed_by' with status ${input.status}.`,
    );
  const item_id = input.item_id.trim();
  return write(async (tx) => {
    const { queue_id } = await requireQueue(tx, scope, input.queue_id);
    // Held, so that of two who complete it one finds it done.
    const [known] = await queries.listItemsById(tx, queue_id, [item_id], FOR_UPDATE);
    if (!known) throw notFound(`item in review queue ${queue_id}`, item_id);
    // Whoever completed it first stays the one who did.
    if (known.status === status) return { item: toReviewQueueItem(known) };
    const nowMs = clock.nowMs();
    const row: ReviewQueueItemRow = {
      ...known,
      status,
      completed_by: user,
      completed_time_ms: status === 'pending' ? null : nowMs,
      last_update_time_ms: nowMs,
    };
    await queries.updateItem(tx, row);
    return { item: toReviewQueueItem(row) };
  });
}
