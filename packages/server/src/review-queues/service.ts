import { isUniqueViolation, join, type ReviewQueueRow, sql, type Tx } from '@bitacora/db';
import {
  type createReviewQueue,
  type getOrCreateUserQueue,
  type getReviewQueueByName,
  type Input,
  type Int64,
  invalidParameter,
  type listReviewQueues,
  MlflowError,
  notFound,
  preview,
  type updateReviewQueue,
} from '@bitacora/protocol';
import type { Deps, ReadDeps } from '../deps.ts';
import { requireNotDeleted } from '../experiments/service.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { toOwner, toQueueName, toSchemaIds, toUser, toUsers } from './names.ts';
import * as queries from './queries.ts';
import { toReviewQueues } from './review-queue.ts';

interface NewQueue {
  readonly name: string;
  readonly queue_type: 'user' | 'custom';
  readonly created_by: string | null;
  readonly users: readonly string[];
  readonly schema_ids: readonly string[];
}

export async function create(deps: Deps, input: Input<typeof createReviewQueue>) {
  const users = toUsers(input.users);
  const schema_ids = toSchemaIds(input.schema_ids);
  const isOfUser = input.queue_type === 'USER';
  const name = isOfUser ? toUser(input.name, 'name') : toQueueName(input.name);
  if (isOfUser && users.some((user) => user !== name))
    throw invalidParameter(
      `Invalid value for parameter 'users': the queue of the user '${preview(name)}' has no other user.`,
    );
  if (isOfUser && schema_ids.length > 0)
    throw invalidParameter(
      "Invalid value for parameter 'schema_ids': the queue of a user asks all questions of its experiment.",
    );
  return insert(deps, input.experiment_id, {
    name,
    queue_type: isOfUser ? 'user' : 'custom',
    created_by: null,
    users: isOfUser ? [name] : users,
    schema_ids,
  });
}

export async function getOrCreate(deps: Deps, { experiment_id, user }: Input<typeof getOrCreateUserQueue>) {
  const name = toUser(user, 'user');
  const find = async () => {
    const id = await requireNotDeleted(deps.db, deps.scope, experiment_id);
    return queries.findQueueByName(deps.db, id, name);
  };
  let row = await find();
  if (!row) {
    try {
      return await insert(deps, experiment_id, {
        name,
        queue_type: 'user',
        created_by: name,
        users: [name],
        schema_ids: [],
      });
    } catch (error) {
      // Another request was quicker.
      if (!(error instanceof MlflowError && error.errorCode === 'RESOURCE_ALREADY_EXISTS')) throw error;
      row = await find();
    }
  }
  if (row?.queue_type !== 'user') throw nameTaken(name);
  return answer(deps.db, row);
}

export async function get({ db, scope }: ReadDeps, { queue_id }: { readonly queue_id: string }) {
  return answer(db, await requireQueue(db, scope, queue_id));
}

export async function getByName(
  { db, scope }: ReadDeps,
  { experiment_id, name }: Input<typeof getReviewQueueByName>,
) {
  const id = await requireNotDeleted(db, scope, experiment_id);
  const row = await queries.findQueueByName(db, id, name.toLowerCase());
  if (!row) throw notFound(`review queue in experiment ${experiment_id}`, name, 'name');
  return answer(db, row);
}

export async function listAll({ db, scope }: ReadDeps, input: Input<typeof listReviewQueues>) {
  const offset = fromPageToken(input.page_token);
  const experiment_id = await requireNotDeleted(db, scope, input.experiment_id);
  const where = join(
    [
      sql`q.experiment_id = ${experiment_id}`,
      ...(input.user === undefined ? [] : [queries.ofUser(input.user.trim().toLowerCase())]),
      ...(input.item_id === undefined ? [] : [queries.withItem(input.item_id)]),
    ],
    ' AND ',
  );
  const found = await queries.listQueues(db, where, input.max_results + 1, offset);
  const { rows, next_page_token = '' } = page(found, input.max_results, offset);
  return {
    ...(rows.length === 0 ? {} : { review_queues: await toReviewQueues(db, rows) }),
    next_page_token,
  };
}

export async function update({ write, clock, scope }: Deps, input: Input<typeof updateReviewQueue>) {
  const users = input.update_users ? toUsers(input.users) : undefined;
  const schema_ids = input.update_schema_ids ? toSchemaIds(input.schema_ids) : undefined;
  return write(async (tx) => {
    const known = await queries.lockQueue(tx, scope, input.queue_id);
    if (!known) throw notFound('review queue', input.queue_id);
    if (known.queue_type === 'user') throw invalidParameter('The queue of a user cannot be changed.');
    const name = input.name === undefined ? known.name : toQueueName(input.name);
    const created_by = input.new_owner === undefined ? known.created_by : toOwner(input.new_owner);
    if (schema_ids !== undefined) {
      if (await queries.hasItems(tx, known.queue_id))
        throw invalidParameter(
          'The questions of a review queue are fixed once it has items. Remove the items first.',
        );
      await requireSchemas(tx, known.experiment_id, schema_ids);
      await queries.replaceSchemas(tx, known.queue_id, schema_ids);
    }
    if (users !== undefined) await queries.replaceUsers(tx, known.queue_id, users);
    const isChanged = [users, schema_ids, input.name, input.new_owner].some((part) => part !== undefined);
    const row: ReviewQueueRow = isChanged
      ? { ...known, name, name_key: name.toLowerCase(), created_by, last_update_time_ms: clock.nowMs() }
      : known;
    if (isChanged) await refuseTaken(name, queries.updateQueue(tx, row));
    return answer(tx, row);
  });
}

/** What reviewers said of its items stays. */
export async function remove({ write, scope }: Deps, { queue_id }: { readonly queue_id: string }) {
  await write(async (tx) => {
    if (await queries.findQueue(tx, scope, queue_id)) await queries.deleteQueue(tx, queue_id);
  });
  return {};
}

/** @throws MlflowError RESOURCE_DOES_NOT_EXIST */
export async function requireQueue(db: ReadDeps['db'], scope: ReadDeps['scope'], queue_id: string) {
  const row = await queries.findQueue(db, scope, queue_id);
  if (!row) throw notFound('review queue', queue_id);
  return row;
}

const insert = (
  { write, clock, random, scope }: Deps,
  experiment: string,
  { users, schema_ids, ...queue }: NewQueue,
) =>
  write(async (tx) => {
    const experiment_id = await requireNotDeleted(tx, scope, experiment);
    await requireSchemas(tx, experiment_id, schema_ids);
    const nowMs = clock.nowMs();
    const row: ReviewQueueRow = {
      queue_id: `rq-${random.hexId()}`,
      experiment_id,
      ...queue,
      creation_time_ms: nowMs,
      last_update_time_ms: nowMs,
      name_key: queue.name.toLowerCase(),
    };
    await refuseTaken(queue.name, queries.insertQueue(tx, row));
    await queries.replaceUsers(tx, row.queue_id, users);
    await queries.replaceSchemas(tx, row.queue_id, schema_ids);
    return answer(tx, row);
  });

async function requireSchemas(tx: Tx, experiment_id: Int64, schema_ids: readonly string[]) {
  if (schema_ids.length === 0) return;
  const known = new Set(await queries.listKnownSchemas(tx, experiment_id, schema_ids));
  const unknown = schema_ids.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw invalidParameter(
      `Invalid value for parameter 'schema_ids': the experiment ${experiment_id} has no label schema '${preview(unknown)}'.`,
    );
}

async function answer(db: ReadDeps['db'], row: ReviewQueueRow) {
  const [review_queue] = await toReviewQueues(db, [row]);
  return { review_queue: review_queue! };
}

const nameTaken = (name: string) =>
  new MlflowError(
    'RESOURCE_ALREADY_EXISTS',
    `The experiment has a review queue with the name '${preview(name)}' already, in this or another case of letters. Choose another name.`,
  );

async function refuseTaken(name: string, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (isUniqueViolation(error)) throw nameTaken(name);
    throw error;
  }
}
