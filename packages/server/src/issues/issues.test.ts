import {
  createIssue,
  deleteExperiment,
  getIssue,
  type Request,
  searchIssues,
  updateIssue,
} from '@bitacora/protocol';
import { buildExperiment, buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const build = async (app: TestApp, request: Partial<Request<typeof createIssue>> = {}) =>
  (
    await app.call(createIssue, {
      experiment_id: '0',
      name: 'slow',
      description: 'Answers late.',
      ...request,
    })
  ).issue;

describe('an issue', () => {
  test('is noted, read and changed; what is empty stays', async () => {
    await using app = await testApp();
    const source_run_id = await buildRun(app);
    const made = await build(app, {
      severity: 'high',
      root_causes: ['a', 'ü'],
      categories: ['c'],
      source_run_id,
      created_by: 'ana',
    });
    expect(made).toEqual({
      issue_id: expect.stringMatching(/^iss-[0-9a-f]{32}$/),
      experiment_id: '0',
      name: 'slow',
      description: 'Answers late.',
      status: 'pending',
      severity: 'high',
      root_causes: ['a', 'ü'],
      source_run_id,
      created_timestamp: expect.any(Number),
      last_updated_timestamp: made.created_timestamp,
      created_by: 'ana',
      categories: ['c'],
    });
    const { issue_id } = made;
    expect((await app.call(getIssue, { issue_id })).issue).toEqual(made);
    const { issue } = await app.call(updateIssue, {
      issue_id,
      status: 'resolved',
      name: '',
      description: 'x',
    });
    expect(issue).toMatchObject({ status: 'resolved', name: 'slow', description: 'x', severity: 'high' });
    await expect(app.call(getIssue, { issue_id: 'iss-x' })).rejects.toMatchObject({ status: 404 });
    await expect(app.call(updateIssue, { issue_id: 'iss-x' })).rejects.toMatchObject({ status: 404 });
  });

  test.each([null, '', 7, 'iss-x', undefined])(
    'is changed by its id in the path, though the body says %j',
    async (id) => {
      await using app = await testApp();
      const { issue_id } = await build(app);
      const answer = await app.inject({
        method: 'PATCH',
        url: `/api/3.0/mlflow/issues/${issue_id}`,
        payload: { issue_id: id, description: 'new' },
      });
      expect(answer.json()).toMatchObject({ issue: { issue_id, description: 'new' } });
    },
  );

  test.each([
    { status: 'PENDING' },
    { status: 'bogus' },
    { severity: 'worst' },
    { name: 'x'.repeat(251) },
    { description: 'ü'.repeat(33_000) },
    { root_causes: Array.from({ length: 7000 }, () => '0123456789') },
    { created_by: 'x'.repeat(256) },
    { experiment_id: 'x' },
  ])('such as %.60j is refused', async (request) => {
    await using app = await testApp();
    await expect(build(app, request)).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    expect(await app.call(searchIssues, {})).toEqual({ next_page_token: '' });
  });

  test('needs an experiment that is there, and a run that is', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    await app.call(deleteExperiment, { experiment_id });
    for (const request of [{ experiment_id }, { experiment_id: '4242' }, { source_run_id: 'f'.repeat(32) }])
      await expect(build(app, request)).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
  });
});

describe('the search of issues', () => {
  test('gives the worst first, filters and pages', async () => {
    await using app = await testApp();
    const other = await buildExperiment(app);
    for (const severity of [undefined, 'low', 'high', 'not_an_issue', 'medium'])
      await build(app, { severity, name: severity ?? 'none' });
    await build(app, { experiment_id: other, name: 'elsewhere', status: 'rejected' });
    const names = async (request: object) =>
      (await app.call(searchIssues, request)).issues?.map(({ name }) => name) ?? [];
    expect(await names({ experiment_id: '0' })).toEqual(['high', 'medium', 'low', 'not_an_issue', 'none']);
    expect(await names({ filter_string: "status = 'rejected'" })).toEqual(['elsewhere']);
    expect(await names({ filter_string: "status != 'rejected' AND status = 'pending'" })).toHaveLength(5);
    const first = await app.call(searchIssues, { experiment_id: '0', max_results: 4 });
    expect(await names({ experiment_id: '0', max_results: 4, page_token: first.next_page_token })).toEqual([
      'none',
    ]);
  });

  test('counts the traces that have each, and gives those with more first', async () => {
    await using app = await testApp();
    const [one, two] = [await build(app, { name: 'one' }), await build(app, { name: 'two' })];
    for (const [trace, issue] of [
      ['tr-1', one.issue_id],
      ['tr-2', two.issue_id],
      ['tr-1', two.issue_id],
      ['tr-1', two.issue_id],
    ] as const)
      await addAssessment(app, trace, issue);
    const { issues } = await app.call(searchIssues, { include_trace_count: true });
    expect(issues?.map(({ name, trace_count }) => [name, trace_count])).toEqual([
      ['two', 2],
      ['one', 1],
    ]);
    expect((await app.call(searchIssues, {})).issues?.[0]).not.toHaveProperty('trace_count');
  });

  test.each([
    { filter_string: "name = 'x'" },
    { filter_string: "status LIKE 'p%'" },
    { filter_string: "status = 'x' OR status = 'y'" },
    { max_results: 0 },
    { max_results: 50_001 },
    { page_token: 'x' },
    { experiment_id: 'x' },
  ])('refuses %j', async (request) => {
    await using app = await testApp();
    await expect(app.call(searchIssues, request)).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });
});

let counter = 0;

/** As an assessment that names the issue is stored. */
const addAssessment = (app: TestApp, trace_id: string, issue_id: string) =>
  app.store.write(async (tx) => {
    await tx.insert(
      {
        into: 'trace_info',
        columns: ['request_id', 'experiment_id', 'timestamp_ms', 'status'],
        onConflict: 'ignore',
      },
      [[trace_id, 0, 1, 'OK']],
    );
    await tx.insert(
      {
        into: 'assessments',
        columns: [
          'assessment_id',
          'trace_id',
          'name',
          'assessment_type',
          'value',
          'created_timestamp',
          'last_updated_timestamp',
          'source_type',
          'valid',
          'is_numeric_value',
        ],
      },
      [[`a-${++counter}`, trace_id, issue_id, 'issue', 'true', 1, 1, 'HUMAN', 1, 0]],
    );
  });
