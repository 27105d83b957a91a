import {
  type Assessment,
  createAssessment,
  deleteAssessment,
  getAssessment,
  type Request,
  updateAssessment,
} from '@bitacora/protocol';
import { type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import { upsertTrace } from '../traces/service.ts';
import { EVERY_EXPERIMENT } from '../workspaces/scope.ts';
import { listAssessmentRows } from './queries.ts';
import { listAssessments, mergeAssessments } from './service.ts';

const TRACE = 'tr-00000000000000000000000000000001';

async function buildTrace(app: TestApp, request_id = TRACE) {
  await app.store.write((tx) =>
    upsertTrace(tx, EVERY_EXPERIMENT, {
      request_id,
      experiment_id: 0,
      timestamp_ms: 1_700_000_000_123,
      execution_time_ms: 1000,
      status: 'OK',
      client_request_id: null,
      request_preview: null,
      response_preview: null,
      tags: {},
      metadata: {},
    }),
  );
  return request_id;
}

type Sent = Request<typeof createAssessment>['assessment'];

async function create(app: TestApp, assessment: Sent, trace_id = TRACE): Promise<Assessment> {
  return (await app.call(createAssessment, { trace_id, assessment })).assessment;
}

/** The calls' own check of the types stops what a careless client would send. */
const post = (app: TestApp, assessment: unknown) =>
  app.inject({
    method: 'POST',
    url: `/api/3.0/mlflow/traces/${TRACE}/assessments`,
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify({ assessment }),
  });

const rows = (app: TestApp, trace_id = TRACE) => listAssessmentRows(app.store.db, [trace_id]);

describe('createAssessment', () => {
  test('gives feedback an id and times, and answers what was sent', async () => {
    await using app = await testApp();
    await buildTrace(app);
    const sent = {
      assessment_name: 'helpful',
      span_id: 'abc',
      source: { source_type: 'HUMAN', source_id: 'ana' },
      feedback: { value: true },
      rationale: 'It was.',
      metadata: { team: 'a' },
    } as const;
    const made = await create(app, sent);
    expect(made).toMatchObject({ ...sent, trace_id: TRACE, valid: true });
    expect(made.assessment_id).toMatch(/^a-[0-9a-f]{32}$/);
    expect(made.create_time).toBe(made.last_update_time);
    expect(await app.call(getAssessment, { trace_id: TRACE, assessment_id: made.assessment_id! })).toEqual({
      assessment: made,
    });
  });

  test('keeps the times and the id that the caller brings', async () => {
    await using app = await testApp();
    await buildTrace(app);
    const made = await create(app, {
      assessment_id: 'a-mine',
      assessment_name: 'x',
      feedback: { value: 1 },
      create_time: '2024-01-01T02:00:00.123+02:00',
      last_update_time: '2024-01-01T00:00:00Z',
    });
    expect(made).toMatchObject({
      assessment_id: 'a-mine',
      create_time: '2024-01-01T00:00:00.123Z',
      last_update_time: '2024-01-01T00:00:00Z',
    });
    await expect(
      create(app, { assessment_id: 'a-mine', assessment_name: 'y', feedback: { value: 2 } }),
    ).rejects.toMatchObject({ errorCode: 'RESOURCE_ALREADY_EXISTS' });
  });

  // The columns as MLflow 3.17 fills them for the same requests.
  test.each([
    [{ feedback: { value: 1 } }, '1.0', 1, 1],
    [{ feedback: { value: 1.2345678901234567e19 } }, '1.2345678901234567e+19', 12345678901234567000, 1],
    [{ feedback: { value: true } }, 'true', 1, 0],
    [{ feedback: { value: 'YES ' } }, '"YES "', 1, 0],
    [{ feedback: { value: 'no' } }, '"no"', 0, 0],
    [{ feedback: { value: 'é模' } }, '"\\u00e9\\u6a21"', null, 0],
    [{ feedback: { value: { a: [1, 2.5, 'x', null] } } }, '{"a": [1.0, 2.5, "x", null]}', null, 0],
    [{ feedback: { value: null } }, 'null', null, 0],
    [{ feedback: {} }, 'null', null, 0],
    [{ expectation: { value: 'paris' } }, '"paris"', null, 0],
    [{ expectation: { value: 7 } }, '7.0', 7, 1],
    [{ expectation: { value: [1, 2] } }, '[1.0, 2.0]', null, 0],
    [
      { expectation: { serialized_value: { serialization_format: 'JSON_FORMAT', value: '{"a":[1,2.0]}' } } },
      '{"a": [1, 2.0]}',
      null,
      0,
    ],
    [{ issue: { issue_name: 'n' } }, '{"issue_name": "n"}', null, 0],
  ])('stores %j as MLflow does', async (value, text, aggregate_value, is_numeric_value) => {
    await using app = await testApp();
    await buildTrace(app);
    await create(app, { assessment_name: 'x', ...(value as object) });
    expect(await rows(app)).toMatchObject([
      {
        value: text,
        aggregate_value,
        is_numeric_value,
        error: null,
        source_type: 'SOURCE_TYPE_UNSPECIFIED',
        experiment_id: 0,
        trace_timestamp_ms: 1_700_000_000_123,
        valid: 1,
      },
    ]);
  });

  test('answers an expectation that is a list or object as text, a scalar as it is', async () => {
    await using app = await testApp();
    await buildTrace(app);
    expect((await create(app, { assessment_name: 'x', expectation: { value: [1] } })).expectation).toEqual({
      serialized_value: { serialization_format: 'JSON_FORMAT', value: '[1.0]' },
    });
    expect((await create(app, { assessment_name: 'x', expectation: { value: 7 } })).expectation).toEqual({
      value: 7,
    });
  });

  test('keeps the error of a judge, and the end of a long stack trace', async () => {
    await using app = await testApp();
    await buildTrace(app);
    const error = { error_code: 'RATE_LIMIT', error_message: 'too many' };
    expect((await create(app, { assessment_name: 'x', feedback: { error } })).feedback).toEqual({
      value: null,
      error,
    });
    const stack_trace = `${'a'.repeat(10_000)}the end`;
    const made = await create(app, {
      assessment_name: 'x',
      feedback: { error: { error_code: 'E', stack_trace } },
    });
    expect(made.feedback?.error?.stack_trace).toMatch(/^\[Stack trace is truncated\]\n\.\.\.\na+the end$/);
    expect(made.feedback?.error?.stack_trace).toHaveLength(10_000);
    expect((await rows(app))[0]?.error).toBe(
      '{"error_code": "RATE_LIMIT", "error_message": "too many", "stack_trace": null}',
    );
  });

  test('notes the run that an evaluation names in the metadata', async () => {
    await using app = await testApp();
    await buildTrace(app);
    await create(app, {
      assessment_name: 'iss-1',
      issue: { issue_name: 'slow' },
      metadata: { 'mlflow.assessment.sourceRunId': 'run1' },
    });
    expect(await rows(app)).toMatchObject([
      {
        assessment_type: 'issue',
        name: 'iss-1',
        run_id: 'run1',
        // Python finds it by this very text when the run is deleted.
        assessment_metadata: '{"mlflow.assessment.sourceRunId": "run1"}',
      },
    ]);
  });

  test.each([
    ['no value at all', { assessment_name: 'x' }, 'Exactly one'],
    [
      'two values',
      { assessment_name: 'x', feedback: { value: 1 }, expectation: { value: 1 } },
      'feedback, expectation',
    ],
    ['an expectation of nothing', { assessment_name: 'x', expectation: {} }, 'expectation.value'],
    [
      'text that is not JSON',
      {
        assessment_name: 'x',
        expectation: { serialized_value: { serialization_format: 'JSON_FORMAT', value: 'no' } },
      },
      'serialized_value.value',
    ],
    [
      'another serialization',
      {
        assessment_name: 'x',
        expectation: { serialized_value: { serialization_format: 'PICKLE', value: '1' } },
      },
      'PICKLE',
    ],
    [
      'a name that is too long',
      { assessment_name: 'x'.repeat(251), feedback: { value: 1 } },
      '251 characters',
    ],
    [
      'a time that is none',
      { assessment_name: 'x', feedback: { value: 1 }, create_time: 'soon' },
      'create_time',
    ],
    [
      'metadata that is no text',
      { assessment_name: 'x', feedback: { value: 1 }, metadata: { a: 1 } },
      'metadata.a',
    ],
    ['a lone surrogate', { assessment_name: 'x', feedback: { value: '\ud800' } }, 'surrogates'],
    [
      'a value without end',
      { assessment_name: 'x', feedback: { value: JSON.parse('['.repeat(150) + ']'.repeat(150)) } },
      'levels deep',
    ],
  ])('refuses %s', async (_, assessment, message) => {
    await using app = await testApp();
    await buildTrace(app);
    const answer = await post(app, assessment);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
    expect(answer.json().message).toContain(message);
    expect(await rows(app)).toEqual([]);
  });

  test('answers 404 for a trace that does not exist', async () => {
    await using app = await testApp();
    await expect(create(app, { assessment_name: 'x', feedback: { value: 1 } })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
  });
});

describe('an override', () => {
  test('makes the older assessment invalid until it is deleted itself', async () => {
    await using app = await testApp();
    await buildTrace(app);
    const older = await create(app, { assessment_name: 'x', feedback: { value: 1 } });
    const newer = await create(app, {
      assessment_name: 'x',
      feedback: { value: 2 },
      overrides: older.assessment_id,
    });
    expect(newer).toMatchObject({ overrides: older.assessment_id, valid: true });
    const get = async () =>
      (await app.call(getAssessment, { trace_id: TRACE, assessment_id: older.assessment_id! })).assessment;
    expect(await get()).toMatchObject({ valid: false });
    await app.call(deleteAssessment, { trace_id: TRACE, assessment_id: newer.assessment_id! });
    expect(await get()).toMatchObject({ valid: true });
  });

  test('of an assessment of another trace is refused, and nothing is stored', async () => {
    await using app = await testApp();
    await buildTrace(app);
    await buildTrace(app, 'tr-2');
    const other = await create(app, { assessment_name: 'x', feedback: { value: 1 } }, 'tr-2');
    await expect(
      create(app, { assessment_name: 'x', feedback: { value: 2 }, overrides: other.assessment_id }),
    ).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
    expect(await rows(app)).toEqual([]);
    expect(await rows(app, 'tr-2')).toMatchObject([{ valid: 1 }]);
  });
});

describe('updateAssessment', () => {
  async function made(app: TestApp, assessment: Sent) {
    await buildTrace(app);
    const { assessment_id } = await create(app, assessment);
    return async (changes: Sent, update_mask: string) =>
      (
        await app.call(updateAssessment, {
          trace_id: TRACE,
          assessment_id: assessment_id!,
          assessment: changes,
          update_mask,
        })
      ).assessment;
  }

  test('changes what the mask names and nothing else, in either spelling', async () => {
    await using app = await testApp();
    const update = await made(app, { assessment_name: 'x', feedback: { value: 1 }, rationale: 'r' });
    expect(await update({ assessment_name: 'y', feedback: { value: 9 } }, 'assessmentName')).toMatchObject({
      assessment_name: 'y',
      feedback: { value: 1 },
      rationale: 'r',
    });
    expect(await update({ assessment_name: 'z' }, 'assessment_name')).toMatchObject({ assessment_name: 'z' });
    expect(await update({ feedback: { value: 'no' } }, 'feedback, rationale')).toMatchObject({
      feedback: { value: 'no' },
      rationale: '',
    });
    expect(await rows(app)).toMatchObject([{ value: '"no"', aggregate_value: 0, is_numeric_value: 0 }]);
  });

  test('merges metadata', async () => {
    await using app = await testApp();
    const update = await made(app, {
      assessment_name: 'x',
      feedback: { value: 1 },
      metadata: { a: '1', b: '2' },
    });
    expect(await update({ metadata: { b: '3', __proto__x: '4' } }, 'metadata')).toMatchObject({
      metadata: { a: '1', b: '3', __proto__x: '4' },
    });
  });

  test('does not turn feedback into an expectation', async () => {
    await using app = await testApp();
    const update = await made(app, { assessment_name: 'x', feedback: { value: 1 } });
    await expect(update({ expectation: { value: 1 } }, 'expectation')).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });

  test.each(['valid', 'bogus', 'feedback,,'])('refuses the mask %j', async (mask) => {
    await using app = await testApp();
    const update = await made(app, { assessment_name: 'x', feedback: { value: 1 } });
    await expect(update({}, mask)).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  });

  test('renames an issue without touching what it says', async () => {
    await using app = await testApp();
    const update = await made(app, { assessment_name: 'iss-1', issue: { issue_name: 'slow' } });
    expect(await update({ rationale: 'why' }, 'rationale')).toMatchObject({
      issue: { issue_name: 'slow' },
      rationale: 'why',
    });
  });

  test('answers 404 for an assessment that does not exist', async () => {
    await using app = await testApp();
    await buildTrace(app);
    const ids = { trace_id: TRACE, assessment_id: 'a-none' };
    await expect(
      app.call(updateAssessment, { ...ids, assessment: {}, update_mask: 'feedback' }),
    ).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
    await expect(app.call(getAssessment, ids)).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
  });
});

test('deleting an assessment twice is as good as once', async () => {
  await using app = await testApp();
  await buildTrace(app);
  const { assessment_id = '' } = await create(app, { assessment_name: 'x', feedback: { value: 1 } });
  await app.call(deleteAssessment, { trace_id: TRACE, assessment_id });
  await app.call(deleteAssessment, { trace_id: TRACE, assessment_id });
  await app.call(deleteAssessment, { trace_id: 'tr-none', assessment_id });
  expect(await rows(app)).toEqual([]);
});

test('assessments of several traces are listed by trace, the oldest first', async () => {
  await using app = await testApp();
  await buildTrace(app);
  await buildTrace(app, 'tr-2');
  for (const [name, trace_id, time] of [
    ['late', TRACE, '2024-01-02T00:00:00Z'],
    ['early', TRACE, '2024-01-01T00:00:00Z'],
    ['other', 'tr-2', '2024-01-01T00:00:00Z'],
  ] as const) {
    await create(app, { assessment_name: name, feedback: { value: 1 }, create_time: time }, trace_id);
  }
  const found = await listAssessments(app.store.db, [TRACE, 'tr-2', 'tr-3']);
  expect([...found].map(([id, list]) => [id, list.map((each) => each.assessment_name)])).toEqual([
    [TRACE, ['early', 'late']],
    ['tr-2', ['other']],
  ]);
});

test('a header that brings an assessment again replaces it, but never one of another trace', async () => {
  await using app = await testApp();
  await buildTrace(app);
  await buildTrace(app, 'tr-2');
  const deps = {
    clock: { nowMs: () => 1 },
    random: { hexId: () => '0'.repeat(32), integer: () => 0 },
  };
  const merge = (trace_id: string, value: number) =>
    app.store.write((tx) =>
      mergeAssessments(tx, deps, { trace_id, experiment_id: 0, timestamp_ms: 5 }, [
        { assessment_id: 'a-1', assessment_name: 'x', feedback: { value } },
      ]),
    );
  await merge(TRACE, 1);
  await merge(TRACE, 2);
  expect(await rows(app)).toMatchObject([{ value: '2.0', trace_timestamp_ms: 5 }]);
  await expect(merge('tr-2', 3)).rejects.toMatchObject({ errorCode: 'RESOURCE_ALREADY_EXISTS' });
  expect(await rows(app)).toMatchObject([{ value: '2.0' }]);
});
