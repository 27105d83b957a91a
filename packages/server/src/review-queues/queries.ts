import {
  type Db,
  empty,
  FOR_UPDATE,
  isIn,
  type ReviewQueueItemRow,
  type ReviewQueueLabelSchemaRow,
  type ReviewQueueRow,
  type ReviewQueueUserRow,
  type Sql,
  sql,
  type Tx,
} from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { andInScope, type Scope } from '../workspaces/scope.ts';

const COLUMNS = sql`q.queue_id, q.experiment_id, q.name, q.queue_type, q.created_by, q.creation_time_ms,
  q.last_update_time_ms, q.name_key`;

export const findQueue = (db: Db, scope: Scope, queue_id: string) =>
  db.get(sql<ReviewQueueRow>`
    SELECT ${COLUMNS} FROM review_queues q
    WHERE q.queue_id = ${queue_id} ${andInScope(scope, 'q.experiment_id')}`);

/** Nobody adds items or changes questions until the transaction ends. */
export const lockQueue = (tx: Tx, scope: Scope, queue_id: string) =>
  tx.get(sql<ReviewQueueRow>`
    SELECT ${COLUMNS} FROM review_queues q
    WHERE q.queue_id = ${queue_id} ${andInScope(scope, 'q.experiment_id')} ${FOR_UPDATE}`);

export const findQueueByName = (db: Db, experiment_id: Int64, name_key: string) =>
  db.get(sql<ReviewQueueRow>`
    SELECT ${COLUMNS} FROM review_queues q WHERE q.experiment_id = ${experiment_id} AND q.name_key = ${name_key}`);

export const listQueues = (db: Db, where: Sql, limit: number, offset: number) =>
  db.all(sql<ReviewQueueRow>`
    SELECT ${COLUMNS} FROM review_queues q WHERE ${where}
    ORDER BY q.creation_time_ms DESC, q.queue_id LIMIT ${limit} OFFSET ${offset}`);

export const ofUser = (user: string): Sql =>
  sql`q.queue_id IN (SELECT u.queue_id FROM review_queue_users u WHERE u.user_id = ${user})`;

export const withItem = (item_id: string): Sql =>
  sql`q.queue_id IN (SELECT i.queue_id FROM review_queue_items i WHERE i.item_id = ${item_id})`;

export const listUsers = (db: Db, queue_ids: readonly string[]) =>
  db.all(sql<ReviewQueueUserRow>`
    SELECT queue_id, user_id FROM review_queue_users WHERE ${isIn('queue_id', queue_ids)} ORDER BY queue_id, user_id`);

export const listSchemas = (db: Db, queue_ids: readonly string[]) =>
  db.all(sql<ReviewQueueLabelSchemaRow>`
    SELECT queue_id, schema_id FROM review_queue_label_schemas
    WHERE ${isIn('queue_id', queue_ids)} ORDER BY queue_id, schema_id`);

export const listKnownSchemas = async (db: Db, experiment_id: Int64, schema_ids: readonly string[]) =>
  (
    await db.all(sql<{ schema_id: string }>`
      SELECT schema_id FROM label_schemas
      WHERE experiment_id = ${experiment_id} AND ${isIn('schema_id', schema_ids)}`)
  ).map(({ schema_id }) => schema_id);

export const insertQueue = (tx: Tx, row: ReviewQueueRow) =>
  tx.run(sql`
    INSERT INTO review_queues (queue_id, experiment_id, name, queue_type, created_by, creation_time_ms,
      last_update_time_ms, name_key)
    VALUES (${row.queue_id}, ${row.experiment_id}, ${row.name}, ${row.queue_type}, ${row.created_by},
      ${row.creation_time_ms}, ${row.last_update_time_ms}, ${row.name_key})`);

export const updateQueue = (tx: Tx, row: ReviewQueueRow) =>
  tx.run(sql`
    UPDATE review_queues SET name = ${row.name}, name_key = ${row.name_key}, created_by = ${row.created_by},
      last_update_time_ms = ${row.last_update_time_ms}
    WHERE queue_id = ${row.queue_id}`);

/** Users, questions and items go with it by their foreign keys. */
export const deleteQueue = (tx: Tx, queue_id: string) =>
  tx.run(sql`DELETE FROM review_queues WHERE queue_id = ${queue_id}`);

export async function replaceUsers(tx: Tx, queue_id: string, users: readonly string[]): Promise<void> {
  await tx.run(sql`DELETE FROM review_queue_users WHERE queue_id = ${queue_id}`);
  await tx.insert(
    { into: 'review_queue_users', columns: ['queue_id', 'user_id'] },
    users.map((user) => [queue_id, user]),
  );
}

export async function replaceSchemas(tx: Tx, queue_id: string, schema_ids: readonly string[]): Promise<void> {
  await tx.run(sql`DELETE FROM review_queue_label_schemas WHERE queue_id = ${queue_id}`);
  await tx.insert(
    { into: 'review_queue_label_schemas', columns: ['queue_id', 'schema_id'] },
    schema_ids.map((schema_id) => [queue_id, schema_id]),
  );
}

const ITEM = sql`i.queue_id, i.item_type, i.item_id, i.status, i.completed_by, i.completed_time_ms, i.creation_time_ms,
  i.last_update_time_ms`;

export const hasItems = async (db: Db, queue_id: string) =>
  (await db.get(sql`SELECT i.item_id FROM review_queue_items i WHERE i.queue_id = ${queue_id} LIMIT 1`)) !==
  undefined;

/** Those of the traces that are in the experiment. */
export const listTracesIn = async (db: Db, experiment_id: Int64, trace_ids: readonly string[]) =>
  (
    await db.all(sql<{ request_id: string }>`
      SELECT request_id FROM trace_info
      WHERE ${isIn('request_id', trace_ids)} AND experiment_id = ${experiment_id}`)
  ).map(({ request_id }) => request_id);

/** What is in the queue already stays as it is. */
export const insertItems = (tx: Tx, queue_id: string, item_ids: readonly string[], nowMs: number) =>
  tx.insert(
    {
      into: 'review_queue_items',
      columns: ['queue_id', 'item_type', 'item_id', 'status', 'creation_time_ms', 'last_update_time_ms'],
      onConflict: 'ignore',
    },
    item_ids.map((item_id) => [queue_id, 'trace', item_id, 'pending', nowMs, nowMs]),
  );

/** @param lock how the items are to be held. */
export const listItemsById = (db: Db, queue_id: string, item_ids: readonly string[], lock = empty) =>
  db.all(sql<ReviewQueueItemRow>`
    SELECT ${ITEM} FROM review_queue_items i
    WHERE i.queue_id = ${queue_id} AND ${isIn('i.item_id', item_ids)} ${lock}`);

export const listItems = (
  db: Db,
  queue_id: string,
  status: string | undefined,
  limit: number,
  offset: number,
) =>
  db.all(sql<ReviewQueueItemRow>`
    SELECT ${ITEM} FROM review_queue_items i
    WHERE i.queue_id = ${queue_id} ${status === undefined ? empty : sql`AND i.status = ${status}`}
    ORDER BY i.creation_time_ms DESC, i.item_id LIMIT ${limit} OFFSET ${offset}`);

export const deleteItems = (tx: Tx, queue_id: string, item_ids: readonly string[]) =>
  tx.run(sql`DELETE FROM review_queue_items WHERE queue_id = ${queue_id} AND ${isIn('item_id', item_ids)}`);

export const updateItem = (tx: Tx, row: ReviewQueueItemRow) =>
  tx.run(sql`
    UPDATE review_queue_items SET status = ${row.status}, completed_by = ${row.completed_by},
      completed_time_ms = ${row.completed_time_ms}, last_update_time_ms = ${row.last_update_time_ms}
    WHERE queue_id = ${row.queue_id} AND item_id = ${row.item_id}`);
