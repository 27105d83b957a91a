import {
  addItemsToReviewQueue,
  createLabelSchema,
  createReviewQueue,
  deleteReviewQueue,
  getOrCreateUserQueue,
  getReviewQueue,
  getReviewQueueByName,
  listReviewQueueItems,
  listReviewQueues,
  type Request,
  removeItemsFromReviewQueue,
  setReviewQueueItemStatus,
  updateReviewQueue,
} from '@bitacora/protocol';
import { buildExperiment, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const build = async (app: TestApp, request: Partial<Request<typeof createReviewQueue>> = {}) =>
  (await app.call(createReviewQueue, { experiment_id: '0', name: 'First', queue_type: 'CUSTOM', ...request }))
    .review_queue;

const buildSchema = async (app: TestApp, experiment_id = '0', name = 'q') =>
  (await app.call(createLabelSchema, { experiment_id, name, type: 'FEEDBACK', input: { text: {} } }))
    .label_schema.schema_id;

/** Traces that are there, without anything in them. */
const addTraces = (app: TestApp, experiment_id: string, ids: readonly string[]) =>
  app.store.write((tx) =>
    tx.insert(
      { into: 'trace_info', columns: ['request_id', 'experiment_id', 'timestamp_ms', 'status'] },
      ids.map((id) => [id, Number(experiment_id), 1, 'OK']),
    ),
  );

describe('a review queue', () => {
  test('of some users asks chosen questions', async () => {
    await using app = await testApp();
    const schema_id = await buildSchema(app);
    const made = await build(app, {
      name: ' First ',
      users: [' Ana ', 'bob', 'ANA'],
      schema_ids: [schema_id],
    });
    expect(made).toEqual({
      queue_id: expect.stringMatching(/^rq-[0-9a-f]{32}$/),
      experiment_id: '0',
      name: 'First',
      queue_type: 'CUSTOM',
      creation_time_ms: expect.any(Number),
      last_update_time_ms: made.creation_time_ms,
      users: ['ana', 'bob'],
      schema_ids: [schema_id],
    });
    const { queue_id } = made;
    expect((await app.call(getReviewQueue, { queue_id })).review_queue).toEqual(made);
    const byName = await app.call(getReviewQueueByName, { experiment_id: '0', name: 'fIRST' });
    expect(byName.review_queue).toEqual(made);
    for (let twice = 0; twice < 2; twice++)
      expect(await app.call(deleteReviewQueue, { queue_id })).toEqual({});
    await expect(app.call(getReviewQueue, { queue_id })).rejects.toMatchObject({ status: 404 });
  });

  test('of a user is made once and never changes', async () => {
    await using app = await testApp();
    const of = async (user: string) =>
      (await app.call(getOrCreateUserQueue, { experiment_id: '0', user })).review_queue;
    const [one, two] = await Promise.all([of(' Zoe'), of('ZOE')]);
    expect(two).toEqual(one);
    expect(one).toMatchObject({ name: 'zoe', queue_type: 'USER', created_by: 'zoe', users: ['zoe'] });
    await expect(app.call(updateReviewQueue, { queue_id: one.queue_id, name: 'x' })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
    await build(app, { name: 'Max' });
    await expect(of('max')).rejects.toMatchObject({ errorCode: 'RESOURCE_ALREADY_EXISTS' });
    expect(await build(app, { name: 'Eva', queue_type: 'USER' })).toMatchObject({
      name: 'eva',
      users: ['eva'],
    });
  });

  test.each([
    { name: ' ' },
    { name: 'x'.repeat(251) },
    { name: 'DEFAULT' },
    { queue_type: 'BOGUS' as never },
    { users: Array.from({ length: 11 }, (_, i) => `user ${i}`) },
    { users: [''] },
    { users: ['x'.repeat(251)] },
    { schema_ids: ['ls-nobody'] },
    { queue_type: 'USER' as const, name: 'ana', users: ['bob'] },
    { queue_type: 'USER' as const, name: 'ana', schema_ids: ['ls-x'] },
    { experiment_id: 'x' },
  ])('such as %.80j is refused', async (request) => {
    await using app = await testApp();
    await expect(build(app, request)).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    expect(await app.call(listReviewQueues, { experiment_id: '0' })).toEqual({ next_page_token: '' });
  });

  test('has a name of its own in any case of letters, and the questions of its experiment', async () => {
    await using app = await testApp();
    const other = await buildExperiment(app);
    await build(app);
    await expect(build(app, { name: 'FIRST' })).rejects.toMatchObject({
      errorCode: 'RESOURCE_ALREADY_EXISTS',
    });
    await build(app, { experiment_id: other });
    await expect(
      build(app, { name: 'x', schema_ids: [await buildSchema(app, other)] }),
    ).rejects.toMatchObject({
      status: 400,
    });
    await expect(build(app, { experiment_id: '4242' })).rejects.toMatchObject({ status: 404 });
  });

  test('changes its name, owner, users and, while it is empty, its questions', async () => {
    await using app = await testApp();
    const schema_id = await buildSchema(app);
    const { queue_id } = await build(app, { users: ['ana'] });
    await build(app, { name: 'second' });
    const update = async (request: object) =>
      (await app.call(updateReviewQueue, { queue_id, ...request })).review_queue;
    expect(
      await update({
        name: 'FIRST',
        new_owner: ' Boss ',
        update_users: true,
        users: ['Bob'],
        update_schema_ids: true,
        schema_ids: [schema_id],
      }),
    ).toMatchObject({ name: 'FIRST', created_by: 'Boss', users: ['bob'], schema_ids: [schema_id] });
    expect(await update({ users: ['ignored'] })).toMatchObject({ users: ['bob'] });
    expect(await update({ update_users: true })).not.toHaveProperty('users');
    for (const [request, errorCode] of [
      [{ name: 'Second' }, 'RESOURCE_ALREADY_EXISTS'],
      [{ name: 'default' }, 'INVALID_PARAMETER_VALUE'],
      [{ new_owner: ' ' }, 'INVALID_PARAMETER_VALUE'],
      [{ update_schema_ids: true, schema_ids: ['ls-x'] }, 'INVALID_PARAMETER_VALUE'],
    ] as const)
      await expect(update(request)).rejects.toMatchObject({ errorCode });
    await addTraces(app, '0', ['tr-1']);
    await app.call(addItemsToReviewQueue, { queue_id, item_ids: ['tr-1'] });
    await expect(update({ update_schema_ids: true })).rejects.toMatchObject({ status: 400 });
    expect(await update({ update_users: true, users: ['eva'] })).toMatchObject({
      users: ['eva'],
      schema_ids: [schema_id],
    });
    await expect(app.call(updateReviewQueue, { queue_id: 'rq-x' })).rejects.toMatchObject({ status: 404 });
  });

  test('is listed by user and by item, newest first, in pages', async () => {
    await using app = await testApp();
    const { queue_id } = await build(app, { users: ['ana'] });
    await build(app, { name: 'second', users: ['bob'] });
    await addTraces(app, '0', ['tr-1']);
    await app.call(addItemsToReviewQueue, { queue_id, item_ids: ['tr-1'] });
    const names = async (request: object) =>
      (await app.call(listReviewQueues, { experiment_id: '0', ...request })).review_queues?.map(
        ({ name }) => name,
      ) ?? [];
    expect((await names({})).toSorted()).toEqual(['First', 'second']);
    expect(await names({ user: ' BOB' })).toEqual(['second']);
    expect(await names({ item_id: 'tr-1' })).toEqual(['First']);
    const first = await app.call(listReviewQueues, { experiment_id: '0', max_results: 1 });
    expect(await names({ max_results: 1, page_token: first.next_page_token })).toHaveLength(1);
    await expect(names({ max_results: 0 })).rejects.toMatchObject({ status: 400 });
    await expect(names({ experiment_id: '4242' })).rejects.toMatchObject({ status: 404 });
  });
});

describe('items of a review queue', () => {
  test('are traces of its experiment, each once', async () => {
    await using app = await testApp();
    const other = await buildExperiment(app);
    const { queue_id } = await build(app);
    await addTraces(app, '0', ['tr-1', 'tr-2', 'tr-3']);
    await addTraces(app, other, ['tr-other']);
    const add = async (...item_ids: string[]) =>
      (await app.call(addItemsToReviewQueue, { queue_id, item_ids })).items?.map(({ item_id, status }) => [
        item_id,
        status,
      ]);
    expect(await add('tr-2', ' tr-1 ', 'tr-2')).toEqual([
      ['tr-2', 'PENDING'],
      ['tr-1', 'PENDING'],
    ]);
    for (const refused of ['tr-other', 'tr-nobody'])
      await expect(add('tr-3', refused)).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
    const items = async (request: object = {}) =>
      (await app.call(listReviewQueueItems, { queue_id, ...request })).items?.map(({ item_id }) => item_id) ??
      [];
    expect(await items()).toEqual(['tr-1', 'tr-2']);
    await app.call(removeItemsFromReviewQueue, { queue_id, item_ids: ['tr-1', 'tr-9'] });
    expect(await items()).toEqual(['tr-2']);
    for (const item_ids of [[], [''], ['x'.repeat(51)]])
      await expect(app.call(addItemsToReviewQueue, { queue_id, item_ids })).rejects.toMatchObject({
        status: 400,
      });
    await expect(
      app.call(addItemsToReviewQueue, { queue_id: 'rq-x', item_ids: ['tr-1'] }),
    ).rejects.toMatchObject({ status: 404 });
    await expect(app.call(listReviewQueueItems, { queue_id: 'rq-x' })).rejects.toMatchObject({ status: 404 });
  });

  test('are completed, declined and opened again; who was first stays', async () => {
    await using app = await testApp();
    const { queue_id } = await build(app);
    await addTraces(app, '0', ['tr-1', 'tr-2']);
    await app.call(addItemsToReviewQueue, { queue_id, item_ids: ['tr-1', 'tr-2'] });
    const set = async (
      status: 'PENDING' | 'COMPLETE' | 'DECLINED',
      completed_by?: string,
      item_id = 'tr-1',
    ) => (await app.call(setReviewQueueItemStatus, { queue_id, item_id, status, completed_by })).item;
    const done = await set('COMPLETE', ' Ana ');
    expect(done).toMatchObject({
      status: 'COMPLETE',
      completed_by: 'ana',
      completed_time_ms: expect.any(Number),
    });
    expect(await set('COMPLETE', 'bob')).toEqual(done);
    const pending = await app.call(listReviewQueueItems, { queue_id, status: 'PENDING' });
    expect(pending.items?.map(({ item_id }) => item_id)).toEqual(['tr-2']);
    expect(await set('DECLINED', 'bob')).toMatchObject({ status: 'DECLINED', completed_by: 'bob' });
    const open = await set('PENDING');
    expect(open).not.toHaveProperty('completed_by');
    expect(open).not.toHaveProperty('completed_time_ms');
    for (const refused of [
      set('COMPLETE'),
      set('PENDING', 'ana'),
      set('COMPLETE', ' '),
      set('COMPLETE', 'x'.repeat(251)),
    ])
      await expect(refused).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    await expect(set('COMPLETE', 'ana', 'tr-9')).rejects.toMatchObject({ status: 404 });
    await app.call(deleteReviewQueue, { queue_id });
    await expect(set('COMPLETE', 'ana')).rejects.toMatchObject({ status: 404 });
  });
});
