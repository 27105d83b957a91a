import { sql } from '@bitacora/db';
import {
  createIssue,
  createWorkspace,
  getIssue,
  type Request,
  searchIssues,
  updateIssue,
} from '@bitacora/protocol';
import { buildExperiment, buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const open = () => testApp({ schema: '3.18' });
const build = async (app: Pick<TestApp, 'call'>, request: Partial<Request<typeof createIssue>> = {}) =>
  (await app.call(createIssue, { experiment_id: '0', name: 'slow', description: 'Late.', ...request })).issue;
const stored = (app: TestApp) =>
  app.store.db.get(sql<{ categories: string; metadata: string }>`SELECT categories, metadata FROM issues`);
const indexed = async (app: TestApp) =>
  (await app.store.db.all(sql<{ category: string }>`SELECT category FROM issue_categories`))
    .map(({ category }) => category)
    .sort();

describe('on a database of MLflow 3.18, an issue', () => {
  test('says when it was last seen and by whom changed, and has entries of its own', async () => {
    await using app = await open();
    const made = await build(app, {
      issue_id: 'iss-mine',
      created_by: 'ana',
      categories: ['Latency', 'cost'],
      metadata: { team: 'ü', __proto__: 'x' },
    });
    expect(made).toMatchObject({
      issue_id: 'iss-mine',
      last_seen_timestamp: made.created_timestamp,
      last_updated_by: 'ana',
      metadata: { team: 'ü' },
    });
    expect((await app.call(getIssue, { issue_id: 'iss-mine' })).issue).toEqual(made);
    expect(await stored(app)).toEqual({
      categories: '["Latency", "cost"]',
      metadata: '{"team": "\\u00fc"}',
    });
    expect(await indexed(app)).toEqual(['Latency', 'cost']);
  });

  test('is seen later but never earlier, and changed entry by entry', async () => {
    await using app = await open();
    const { issue_id } = await build(app, {
      last_seen_timestamp: 5,
      metadata: { a: '1', b: '2' },
      categories: ['Cost'],
    });
    const change = async (request: Partial<Request<typeof updateIssue>>) =>
      (await app.call(updateIssue, { issue_id, ...request })).issue;
    expect(await change({ last_seen_timestamp: 3, last_updated_by: 'bob' })).toMatchObject({
      last_seen_timestamp: 5,
      last_updated_by: 'bob',
      metadata: { a: '1', b: '2' },
      categories: ['Cost'],
    });
    expect(await change({ last_seen_timestamp: '9223372036854775807' })).toMatchObject({
      last_seen_timestamp: 9223372036854775807n,
    });
    expect(
      (await change({ metadata: { b: '3', c: '4' }, delete_metadata_keys: ['a', 'x'] })).metadata,
    ).toEqual({ b: '3', c: '4' });
    expect((await change({ categories: ['cost', 'cost', ' COST '] })).categories).toEqual(['cost', ' COST ']);
    expect(await indexed(app)).toEqual([' COST ']);
    expect(await change({ categories: [] })).not.toHaveProperty('categories');
    expect(await indexed(app)).toEqual([]);
    expect(await change({ delete_metadata_keys: ['b', 'c'] })).not.toHaveProperty('metadata');
    expect(await change({ description: '' })).toMatchObject({ description: '', name: 'slow' });
  });

  test('keeps entries that two callers change at a time', async () => {
    await using app = await open();
    const { issue_id } = await build(app);
    const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
    await Promise.all(keys.map((key) => app.call(updateIssue, { issue_id, metadata: { [key]: key } })));
    expect(Object.keys((await app.call(getIssue, { issue_id })).issue.metadata ?? {}).sort()).toEqual(
      keys.toSorted(),
    );
  });

  test('of which many are made with one id is there once', async () => {
    await using app = await open();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => build(app, { issue_id: 'iss-1', categories: ['c'] })),
    );
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(7);
    for (const outcome of refused)
      expect(outcome).toMatchObject({ reason: { errorCode: 'RESOURCE_ALREADY_EXISTS', status: 400 } });
    expect(await indexed(app)).toEqual(['c']);
  });

  test.each([
    { issue_id: 'mine' },
    { issue_id: '' },
    { issue_id: `iss-${'x'.repeat(33)}` },
    { last_seen_timestamp: -1 },
    { categories: [''] },
    { categories: ['x'.repeat(251)] },
    { categories: Array.from({ length: 101 }, (_, index) => `c${index}`) },
    { metadata: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, 'v'])) },
    { metadata: { '': 'v' } },
    { metadata: { k: 'x'.repeat(65_537) } },
  ])('is refused with %.60j', async (request) => {
    await using app = await open();
    await expect(build(app, request)).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    expect(await app.call(searchIssues, {})).toEqual({ next_page_token: '' });
  });

  test.each([
    { name: '' },
    { status: '' },
    { severity: '' },
    { metadata: { k: 'v' }, delete_metadata_keys: ['k'] },
    { metadata: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, 'v'])) },
    { last_updated_by: 'x'.repeat(256) },
  ])('is not changed by %.60j', async (request) => {
    await using app = await open();
    const made = await build(app, { metadata: { first: 'v' } });
    await expect(app.call(updateIssue, { issue_id: made.issue_id, ...request })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
    expect((await app.call(getIssue, { issue_id: made.issue_id })).issue).toEqual(made);
  });

  test('comes from a run of its own experiment', async () => {
    await using app = await open();
    const source_run_id = await buildRun(app, { experiment_id: await buildExperiment(app) });
    await expect(build(app, { source_run_id })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });
});

test('on a database of MLflow 3.17 what came later is passed over', async () => {
  await using app = await testApp();
  const made = await build(app, {
    issue_id: 'mine',
    last_seen_timestamp: 5,
    metadata: { k: 'v' },
    categories: [''],
  });
  expect(made.issue_id).toMatch(/^iss-[0-9a-f]{32}$/);
  expect(Object.keys(made)).not.toEqual(expect.arrayContaining(['last_seen_timestamp']));
  const { issue } = await app.call(updateIssue, {
    issue_id: made.issue_id,
    categories: ['c'],
    metadata: { k: 'v' },
    status: '',
  });
  expect(issue).toEqual({ ...made, last_updated_timestamp: issue.last_updated_timestamp });
  expect(
    await app.call(searchIssues, { name: 'other', order_by: ['bogus'], include_total_count: true }),
  ).toEqual({ issues: [issue], next_page_token: '' });
});

test('issues of another workspace are neither changed nor found by what they have', async () => {
  await using app = await testApp({ schema: '3.18', workspacesEnabled: true });
  for (const name of ['team-a', 'team-b']) await app.call(createWorkspace, { name });
  const [team, other] = [app.inWorkspace('team-a'), app.inWorkspace('team-b')];
  const request = { experiment_id: await buildExperiment(team), categories: ['c'] };
  const { issue_id } = await build(team, request);
  const found = async (client: typeof team) =>
    (await client.call(searchIssues, { categories: ['c'], include_total_count: true })).total_count;
  expect([await found(team), await found(other), await found(app)]).toEqual([1, 0, 0]);
  await expect(other.call(updateIssue, { issue_id, categories: [] })).rejects.toMatchObject({
    errorCode: 'RESOURCE_DOES_NOT_EXIST',
  });
  expect(await found(team)).toBe(1);
});
