import { createIssue, type Request, searchIssues, updateIssue } from '@bitacora/protocol';
import { type TestApp, testApp } from '@bitacora/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let app: TestApp;
const ids: Record<string, string> = {};
beforeAll(async () => {
  app = await testApp({ schema: '3.18' });
  for (const request of [
    { name: 'Slow 50%', severity: 'high', categories: ['Latency '], last_seen_timestamp: 30 },
    { name: 'slow_start', severity: 'low', categories: ['latency', 'Cost'], last_seen_timestamp: 10 },
    { name: 'wrong', status: 'resolved', categories: ['correctness'], last_seen_timestamp: 20 },
    { name: 'odd!', status: 'rejected', severity: 'low', last_seen_timestamp: 20 },
  ]) {
    const { issue } = await app.call(createIssue, {
      experiment_id: '0',
      description: 'd',
      root_causes: ['r'],
      metadata: { k: 'v' },
      ...request,
    });
    ids[request.name] = issue.issue_id;
  }
});
afterAll(() => app[Symbol.asyncDispose]());

const names = async (request: Request<typeof searchIssues>) =>
  (await app.call(searchIssues, request)).issues?.map(({ name }) => name) ?? [];

describe('the search of issues on a database of MLflow 3.18', () => {
  test.each<[Request<typeof searchIssues>, readonly string[]]>([
    [{ name: 'SLOW' }, ['Slow 50%', 'slow_start']],
    [{ name: '0%' }, ['Slow 50%']],
    [{ name: '_' }, ['slow_start']],
    [{ name: '!' }, ['odd!']],
    [{ name: '' }, ['Slow 50%', 'slow_start', 'odd!', 'wrong']],
    [{ statuses: ['resolved', 'rejected'] }, ['odd!', 'wrong']],
    [{ severities: ['low'] }, ['odd!', 'slow_start']],
    [{ severities: ['low'], statuses: ['pending'] }, ['slow_start']],
    [{ categories: [' LATENCY', 'none'] }, ['Slow 50%', 'slow_start']],
    [{ categories: ['cost'], filter_string: "status = 'resolved'" }, []],
  ])('finds by %j', async (request, expected) => {
    expect((await names(request)).sort()).toEqual(expected.toSorted());
  });

  test.each<[readonly string[], readonly string[]]>([
    [['name'], ['odd!', 'Slow 50%', 'slow_start', 'wrong']],
    [['name DESC'], ['wrong', 'slow_start', 'Slow 50%', 'odd!']],
    [
      ['severity desc', 'name'],
      ['Slow 50%', 'odd!', 'slow_start', 'wrong'],
    ],
    [
      ['status DESC', 'last_seen_timestamp', 'status'],
      ['wrong', 'odd!', 'slow_start', 'Slow 50%'],
    ],
    [
      ['last_seen_timestamp', 'name DESC'],
      ['slow_start', 'wrong', 'odd!', 'Slow 50%'],
    ],
    [
      ['created_timestamp', 'last_updated_timestamp', 'name'],
      ['Slow 50%', 'slow_start', 'wrong', 'odd!'],
    ],
  ])('gives the order %j, on pages of whatever length', async (order_by, expected) => {
    // Created in the same millisecond, some have no order of time among them.
    const sorted = await names({ order_by });
    if (order_by[0] !== 'created_timestamp') expect(sorted).toEqual(expected);
    for (const max_results of [1, 3]) {
      const read: string[] = [];
      let page_token: string | undefined;
      do {
        const page = await app.call(searchIssues, { order_by, max_results, page_token });
        read.push(...(page.issues?.map(({ name }) => name) ?? []));
        page_token = page.next_page_token;
      } while (page_token);
      expect(read).toEqual(sorted);
    }
  });

  test('goes on where it was, whatever came or went before', async () => {
    const order_by = ['name DESC'];
    const first = await app.call(searchIssues, { order_by, max_results: 2 });
    expect(first.issues?.map(({ name }) => name)).toEqual(['wrong', 'slow_start']);
    const change = (name: string, from: string) => app.call(updateIssue, { issue_id: ids[from] ?? '', name });
    await change('zzz', 'slow_start');
    try {
      const rest = await names({ order_by, max_results: 5, page_token: first.next_page_token });
      expect(rest).toEqual(['Slow 50%', 'odd!']);
    } finally {
      await change('slow_start', 'slow_start');
    }
  });

  test('counts all, whatever the page, and leaves out what is long', async () => {
    const page = await app.call(searchIssues, {
      name: 'slow',
      include_total_count: true,
      include_trace_count: true,
      view: 'basic',
      max_results: 1,
    });
    expect(page.total_count).toBe(2);
    expect(page.issues).toHaveLength(1);
    expect(page.issues?.[0]).toMatchObject({ description: '', trace_count: 0, categories: ['Latency '] });
    expect(page.issues?.[0]).not.toHaveProperty('metadata');
    expect(page.issues?.[0]).not.toHaveProperty('root_causes');
    const rest = await app.call(searchIssues, {
      name: 'slow',
      include_total_count: true,
      include_trace_count: true,
      view: 'basic',
      max_results: 1,
      page_token: page.next_page_token,
    });
    expect([rest.total_count, rest.issues?.[0]?.name, rest.next_page_token]).toEqual([2, 'slow_start', '']);
  });

  test('takes a token of its own query alone', async () => {
    const order_by = ['name'];
    const { next_page_token: page_token } = await app.call(searchIssues, { order_by, max_results: 1 });
    const forged = (token: object) => Buffer.from(JSON.stringify(token)).toString('base64');
    const own = JSON.parse(Buffer.from(page_token, 'base64').toString());
    for (const request of [
      { order_by: ['name DESC'], page_token },
      { order_by, statuses: ['pending'], page_token },
      { page_token },
      { order_by, page_token: forged({ offset: 1 }) },
      { order_by, page_token: forged({ ...own, after: [1, 'iss-x'] }) },
      { order_by, page_token: forged({ ...own, after: ['a'] }) },
      { order_by, page_token: forged({ ...own, after: { length: 2 } }) },
      { order_by, page_token: 'x'.repeat(30_000) },
      { name: 'x', page_token: forged({ offset: 1 }) },
    ])
      await expect(app.call(searchIssues, request)).rejects.toMatchObject({
        errorCode: 'INVALID_PARAMETER_VALUE',
      });
    // As 3.17 gives them, for what 3.17 can be asked.
    expect(await names({ page_token: forged({ offset: 3 }) })).toEqual(['wrong']);
  });

  test('takes ranks and times of a token only within their bounds', async () => {
    const token = async (order_by: string[], after: unknown[]) => {
      const { next_page_token } = await app.call(searchIssues, { order_by, max_results: 1 });
      const own = JSON.parse(Buffer.from(next_page_token, 'base64').toString());
      const text = JSON.stringify({ ...own, after }).replace('"MANY"', '99999999999999999999');
      return { order_by, page_token: Buffer.from(text).toString('base64') };
    };
    for (const request of [
      await token(['severity'], ['MANY', 'iss-x']),
      await token(['severity'], [4e9, 'iss-x']),
      await token(['created_timestamp'], ['MANY', 'iss-x']),
      await token(['created_timestamp'], [1.5, 'iss-x']),
    ])
      await expect(app.call(searchIssues, request)).rejects.toMatchObject({ status: 400 });
  });

  test.each([
    { order_by: ['bogus'] },
    { order_by: ['name UP'] },
    { order_by: ['name ASC ASC'] },
    { order_by: [''] },
    { order_by: ['toString'] },
    { order_by: Array.from({ length: 101 }, () => 'name') },
    { statuses: ['bogus'] },
    { severities: ['bogus'] },
    { categories: [''] },
    { name: 'x'.repeat(251) },
    { view: 'long' },
  ])('refuses %.60j', async (request) => {
    await expect(app.call(searchIssues, request)).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });
});
