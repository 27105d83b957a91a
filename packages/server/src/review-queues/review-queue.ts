import type { Db, ReviewQueueItemRow, ReviewQueueRow } from '@bitacora/db';
import type { ReviewQueue, ReviewQueueItem } from '@bitacora/protocol';
import { listSchemas, listUsers } from './queries.ts';

/** Rows to what stands on the wire. */
export async function toReviewQueues(db: Db, rows: readonly ReviewQueueRow[]): Promise<ReviewQueue[]> {
  const ids = rows.map(({ queue_id }) => queue_id);
  const users = Map.groupBy(await listUsers(db, ids), ({ queue_id }) => queue_id);
  const schemas = Map.groupBy(await listSchemas(db, ids), ({ queue_id }) => queue_id);
  return rows.map((row) => {
    const own = users.get(row.queue_id)?.map(({ user_id }) => user_id);
    const questions = schemas.get(row.queue_id)?.map(({ schema_id }) => schema_id);
    return {
      queue_id: row.queue_id,
      experiment_id: String(row.experiment_id),
      name: row.name,
      queue_type: row.queue_type === 'user' ? 'USER' : 'CUSTOM',
      ...(row.created_by === null ? {} : { created_by: row.created_by }),
      creation_time_ms: row.creation_time_ms,
      last_update_time_ms: row.last_update_time_ms,
      ...(own ? { users: own } : {}),
      ...(questions ? { schema_ids: questions } : {}),
    };
  });
}

const STATUSES = { pending: 'PENDING', complete: 'COMPLETE', declined: 'DECLINED' } as const;
export type StoredStatus = keyof typeof STATUSES;

export const toReviewQueueItem = (row: ReviewQueueItemRow): ReviewQueueItem => ({
  queue_id: row.queue_id,
  item_type: 'TRACE',
  item_id: row.item_id,
  status: STATUSES[row.status as StoredStatus] ?? 'PENDING',
  ...(row.completed_by === null ? {} : { completed_by: row.completed_by }),
  ...(row.completed_time_ms === null ? {} : { completed_time_ms: row.completed_time_ms }),
  creation_time_ms: row.creation_time_ms,
  last_update_time_ms: row.last_update_time_ms,
});
