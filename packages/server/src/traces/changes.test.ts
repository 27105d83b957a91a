import { sql } from '@bitacora/db';
import {
  createAssessment,
  deleteTraces,
  deleteTracesV3,
  deleteTraceTag,
  deleteTraceTagV3,
  endTrace,
  getTraceInfo,
  getTraceInfoV3,
  linkPromptsToTrace,
  linkTracesToRun,
  searchTraces,
  searchTracesV3,
  setTraceTag,
  setTraceTagV3,
  startTrace,
} from '@bitacora/protocol';
import { buildExperiment, buildRun, buildTrace, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const tagsOf = async (app: TestApp, trace_id: string) =>
  (await app.call(getTraceInfoV3, { trace_id })).trace.trace_info?.tags ?? {};

const idsOf = async (app: TestApp, filter: string) =>
  (
    await app.call(searchTracesV3, { locations: [{ mlflow_experiment: { experiment_id: '0' } }], filter })
  ).traces?.map(({ trace_id }) => trace_id) ?? [];

describe('tags of traces', () => {
  test('are set, replaced and removed by the older and the newer call', async () => {
    await using app = await testApp();
    const trace_id = await buildTrace(app, { tags: { a: '1' } });
    await app.call(setTraceTag, { request_id: trace_id, key: 'a', value: '2' });
    await app.call(setTraceTagV3, { trace_id, key: 'b c/ü', value: 'x' });
    await app.call(setTraceTagV3, { trace_id, key: 'empty' });
    expect(await tagsOf(app, trace_id)).toMatchObject({ a: '2', 'b c/ü': 'x', empty: '' });
    await app.call(deleteTraceTag, { request_id: trace_id, key: 'a' });
    await app.call(deleteTraceTagV3, { trace_id, key: 'empty' });
    expect(Object.keys(await tagsOf(app, trace_id)).sort()).toEqual(['b c/ü', 'mlflow.artifactLocation']);
    await expect(app.call(deleteTraceTagV3, { trace_id, key: 'a' })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
  });

  test('hold the name of the trace, which stands in a column', async () => {
    await using app = await testApp();
    const trace_id = await buildTrace(app);
    const key = 'mlflow.traceName';
    await expect(app.call(deleteTraceTagV3, { trace_id, key })).rejects.toMatchObject({ status: 404 });
    await app.call(setTraceTagV3, { trace_id, key, value: 'chat' });
    expect(await tagsOf(app, trace_id)).toMatchObject({ [key]: 'chat' });
    expect(await app.store.db.get(sql`SELECT trace_name FROM trace_info`)).toEqual({ trace_name: 'chat' });
    await app.call(deleteTraceTagV3, { trace_id, key });
    expect(await tagsOf(app, trace_id)).not.toHaveProperty([key]);
    await expect(app.call(setTraceTagV3, { trace_id, key, value: 'x'.repeat(4097) })).rejects.toMatchObject({
      status: 400,
    });
  });

  test('are cut at 8,000 characters, or refused where the server does not cut', async () => {
    await using app = await testApp();
    const trace_id = await buildTrace(app);
    await app.call(setTraceTagV3, { trace_id, key: 'long', value: '名'.repeat(8001) });
    expect((await tagsOf(app, trace_id)).long).toBe('名'.repeat(8000));
    await using strict = await testApp({ truncateLongValues: false });
    const other = await buildTrace(strict);
    await expect(
      strict.call(setTraceTagV3, { trace_id: other, key: 'long', value: 'x'.repeat(8001) }),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('8001') });
  });

  test.each(['', 'a$', '../x', 'k'.repeat(251)])('have no key %j', async (key) => {
    await using app = await testApp();
    const trace_id = await buildTrace(app);
    await expect(app.call(setTraceTagV3, { trace_id, key, value: 'v' })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });

  test('do not move the spans: where they are is the server’s to say', async () => {
    await using app = await testApp();
    const trace_id = await buildTrace(app, {
      tags: { 'mlflow.trace.archivalFailure': 'MALFORMED_TRACE', 'mlflow.trace.archiveLocation': 'x' },
    });
    for (const name of ['spansLocation', 'archiveLocation', 'archivalFailure']) {
      const key = `mlflow.trace.${name}`;
      await expect(app.call(setTraceTagV3, { trace_id, key, value: 'v' })).rejects.toMatchObject({
        message: `Tag '${key}' is immutable and cannot be set on a trace.`,
      });
    }
    await expect(
      app.call(deleteTraceTagV3, { trace_id, key: 'mlflow.trace.archiveLocation' }),
    ).rejects.toMatchObject({ status: 400 });
    await app.call(deleteTraceTagV3, { trace_id, key: 'mlflow.trace.archivalFailure' });
  });

  test('need a trace', async () => {
    await using app = await testApp();
    const tag = { trace_id: 'tr-0', key: 'a' };
    const missing = { errorCode: 'RESOURCE_DOES_NOT_EXIST', status: 404 };
    await expect(app.call(setTraceTagV3, { ...tag, value: 'b' })).rejects.toMatchObject(missing);
    await expect(app.call(deleteTraceTagV3, tag)).rejects.toMatchObject(missing);
  });
});

describe('linkTracesToRun', () => {
  test('makes traces the run’s own, besides those it was made in, however often', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const made = await buildTrace(app, { trace_metadata: { 'mlflow.sourceRun': run_id } });
    const linked = await buildTrace(app);
    await buildTrace(app);
    for (let time = 0; time < 2; time++)
      await app.call(linkTracesToRun, { trace_ids: [linked, linked, 'tr-unknown'], run_id });
    expect(await idsOf(app, `run_id = '${run_id}'`)).toEqual([linked, made]);
    expect(await idsOf(app, `attributes.run_id = '${run_id}' AND status = 'OK'`)).toEqual([linked, made]);
    expect(
      await app.store.db.all(sql`SELECT source_type, destination_type FROM entity_associations`),
    ).toEqual([
      { source_type: 'trace', destination_type: 'run' },
      { source_type: 'trace', destination_type: 'run' },
    ]);
  });

  test('takes 100 traces at most', async () => {
    await using app = await testApp();
    const trace_ids = Array.from({ length: 101 }, (_, index) => `tr-${index}`);
    await expect(app.call(linkTracesToRun, { trace_ids, run_id: 'r' })).rejects.toMatchObject({
      message: expect.stringContaining('more than 100'),
    });
    expect(await app.call(linkTracesToRun, { trace_ids: [], run_id: 'r' })).toEqual({});
  });
});

describe('linkPromptsToTrace', () => {
  test('lets traces be found by the prompt version they used', async () => {
    await using app = await testApp();
    const trace_id = await buildTrace(app);
    await buildTrace(app);
    const prompt_versions = [
      { name: 'greet', version: '2' },
      { name: 'greet', version: ' 02' },
      { name: 'bye', version: '1' },
    ];
    for (let time = 0; time < 2; time++) await app.call(linkPromptsToTrace, { trace_id, prompt_versions });
    expect(await idsOf(app, "prompt = 'greet/2'")).toEqual([trace_id]);
    expect(await idsOf(app, "prompt = 'greet/1'")).toEqual([]);
    for (const wrong of ['greet', 'a/b/c', '/1', 'greet/'])
      await expect(idsOf(app, `prompt = '${wrong}'`)).rejects.toMatchObject({ status: 400 });
  });

  test('needs a trace, and versions that are numbers', async () => {
    await using app = await testApp();
    const link = (trace_id: string, version: string) =>
      app.call(linkPromptsToTrace, { trace_id, prompt_versions: [{ name: 'p', version }] });
    await expect(link('tr-0', '1')).rejects.toMatchObject({ status: 404 });
    const trace_id = await buildTrace(app);
    for (const version of ['x', '1.5', '-1', '9'.repeat(16)])
      await expect(link(trace_id, version)).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  });
});

describe('deleteTraces', () => {
  test('deletes by id, with all that belongs to them, and only in the experiment', async () => {
    await using app = await testApp();
    const other = await buildExperiment(app);
    const doomed = await buildTrace(app, { tags: { a: 'b' }, trace_metadata: { a: 'b' }, spans: [{}] });
    const kept = await buildTrace(app);
    const foreign = await buildTrace(app, { experiment_id: other });
    await app.call(linkTracesToRun, { trace_ids: [doomed], run_id: 'r' });
    const assessment = { assessment_name: 'good', feedback: { value: true } };
    await app.call(createAssessment, { trace_id: doomed, assessment });
    const request = { experiment_id: '0', request_ids: [doomed, foreign, 'tr-unknown', doomed] };
    expect(await app.call(deleteTraces, request)).toEqual({ traces_deleted: 1 });
    expect(await app.call(deleteTracesV3, request)).toEqual({ traces_deleted: 0 });
    for (const table of ['spans', 'assessments', 'entity_associations'] as const)
      expect(await app.store.db.all(TABLES[table])).toEqual([]);
    const left = await app.store.db.all(sql`SELECT request_id FROM trace_info ORDER BY timestamp_ms`);
    expect(left).toEqual([{ request_id: kept }, { request_id: foreign }]);
    expect(await app.store.db.all(sql`SELECT 1 AS x FROM trace_tags WHERE request_id = ${doomed}`)).toEqual(
      [],
    );
  });

  const TABLES = {
    spans: sql`SELECT 1 AS x FROM spans`,
    assessments: sql`SELECT 1 AS x FROM assessments`,
    entity_associations: sql`SELECT 1 AS x FROM entity_associations`,
  };

  test('deletes up to a time, the oldest first', async () => {
    await using app = await testApp();
    const ids: string[] = [];
    for (const request_time of [5000, 1000, 3000, 2000, 4000])
      ids.push(await buildTrace(app, { request_time }));
    const erase = (max_timestamp_millis: number, max_traces?: number) =>
      app.call(deleteTraces, { experiment_id: '0', max_timestamp_millis, max_traces });
    expect(await erase(4000, 2)).toEqual({ traces_deleted: 2 });
    expect(await idsOf(app, '')).toEqual([ids[0], ids[4], ids[2]]);
    expect(await erase(4000)).toEqual({ traces_deleted: 2 });
    expect(await erase(4999)).toEqual({ traces_deleted: 0 });
  });

  test.each([
    [{}, 'max_timestamp_millis'],
    [{ max_timestamp_millis: 1, request_ids: ['a'] }, 'Only one'],
    [{ request_ids: ['a'], max_traces: 1 }, 'max_traces'],
    [{ max_timestamp_millis: 1, max_traces: 0 }, 'positive'],
    [{ max_timestamp_millis: 1, max_traces: -1 }, 'positive'],
    [{ max_traces: 5 }, 'max_timestamp_millis'],
    [{ request_ids: Array.from({ length: 10_001 }, (_, index) => String(index)) }, 'at most 10000'],
  ])('refuses request number %#', async (request, words) => {
    await using app = await testApp();
    await buildTrace(app);
    await expect(app.call(deleteTraces, { experiment_id: '0', ...request })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining(words),
    });
    expect(await idsOf(app, '')).toHaveLength(1);
  });
});

describe('the older calls', () => {
  test('start a trace and end it, merging tags and metadata', async () => {
    await using app = await testApp();
    const { trace_info: started } = await app.call(startTrace, {
      experiment_id: '0',
      timestamp_ms: 1000,
      request_metadata: [
        { key: 'a', value: '1' },
        { key: 'mlflow.trace.session', value: 's' },
      ],
      tags: [
        { key: 't', value: '1' },
        { key: 'mlflow.traceName', value: 'chat' },
      ],
    });
    const { request_id } = started;
    expect(started).toMatchObject({
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      experiment_id: '0',
      timestamp_ms: 1000,
      execution_time_ms: 0,
      status: 'IN_PROGRESS',
    });
    const { trace_info: ended } = await app.call(endTrace, {
      request_id,
      timestamp_ms: 1234,
      status: 'OK',
      request_metadata: [{ key: 'b', value: '2' }],
      tags: [{ key: 't', value: '2' }],
    });
    expect(ended).toEqual({
      request_id,
      experiment_id: '0',
      timestamp_ms: 1000,
      execution_time_ms: 234,
      status: 'OK',
      request_metadata: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
        { key: 'mlflow.trace.session', value: 's' },
      ],
      tags: [
        { key: 'mlflow.artifactLocation', value: `mlflow-artifacts:/0/traces/${request_id}/artifacts` },
        { key: 't', value: '2' },
        { key: 'mlflow.traceName', value: 'chat' },
      ],
    });
    expect(await app.call(getTraceInfo, { request_id })).toEqual({ trace_info: ended });
    expect(await app.call(searchTraces, { experiment_ids: ['0'], filter: "name = 'chat'" })).toEqual({
      traces: [ended],
    });
    expect((await app.call(getTraceInfoV3, { trace_id: request_id })).trace.trace_info).toMatchObject({
      execution_duration: '0.234s',
      request_time: '1970-01-01T00:00:01Z',
    });
  });

  test('refuse what has no place', async () => {
    await using app = await testApp();
    for (const timestamp_ms of [2n ** 62n, -(2n ** 62n)])
      await expect(app.call(startTrace, { experiment_id: '0', timestamp_ms })).rejects.toMatchObject({
        status: 400,
      });
    await expect(app.call(startTrace, { experiment_id: '9' })).rejects.toMatchObject({ status: 404 });
    await expect(
      app.call(startTrace, { experiment_id: '0', tags: [{ key: 'k'.repeat(251) }] }),
    ).rejects.toMatchObject({ status: 400 });
    await expect(app.call(endTrace, { request_id: 'x' })).rejects.toMatchObject({ status: 404 });
    const trace_id = await buildTrace(app, { state: 'STATE_UNSPECIFIED' });
    const { trace_info } = await app.call(getTraceInfo, { request_id: trace_id });
    expect(trace_info.status).toBe('TRACE_STATUS_UNSPECIFIED');
    await app.call(deleteTraces, { experiment_id: '0', request_ids: [trace_id] });
    await expect(app.call(getTraceInfo, { request_id: 'x' })).rejects.toMatchObject({ status: 404 });
    expect(await app.call(searchTraces, { experiment_ids: ['0'] })).toEqual({});
  });
});
