import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sql } from '@bitacora/db';
import {
  batchGetTraceInfos,
  batchGetTraces,
  createAssessment,
  getTrace,
  getTraceInfoV3,
  startTraceV3,
  type TraceInfo,
} from '@bitacora/protocol';
import { buildExperiment, buildSpans, buildTrace, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import { exportOf, text, toProtobuf } from '../otlp/fixture.ts';

const ID = `tr-${'ab'.repeat(16)}`;

const start = (app: TestApp, trace_info: Partial<TraceInfo>, experiment_id = '0') =>
  app.call(startTraceV3, {
    trace: {
      trace_info: {
        trace_id: ID,
        trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } },
        request_time: '2026-01-02T03:04:05.006Z',
        state: 'OK',
        ...trace_info,
      },
    },
  });

const info = async (app: TestApp, trace_id = ID) =>
  (await app.call(getTraceInfoV3, { trace_id })).trace.trace_info!;

const countTraces = async (app: TestApp) =>
  (await app.store.db.all(sql`SELECT request_id FROM trace_info`)).length;

describe('startTraceV3', () => {
  test('stores the header and gives it back with what the server adds', async () => {
    await using app = await testApp();
    const { trace } = await start(app, {
      client_request_id: 'mine',
      request_preview: 'hi',
      response_preview: 'ho 名',
      execution_duration: '1.5s',
      state: 'ERROR',
      trace_metadata: { 'mlflow.user': 'ana', k: 'v' },
      tags: { colour: 'rot', 'mlflow.traceName': 'chat' },
    });
    const stored = {
      trace_id: ID,
      client_request_id: 'mine',
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } },
      request_preview: 'hi',
      response_preview: 'ho 名',
      request_time: '2026-01-02T03:04:05.006Z',
      execution_duration: '1.500s',
      state: 'ERROR',
      trace_metadata: { k: 'v', 'mlflow.trace.infoFinalized': 'true', 'mlflow.user': 'ana' },
      tags: {
        colour: 'rot',
        'mlflow.artifactLocation': `mlflow-artifacts:/0/traces/${ID}/artifacts`,
        'mlflow.traceName': 'chat',
      },
    };
    expect(trace.trace_info).toEqual(stored);
    expect(await info(app)).toEqual(stored);
  });

  test('keeps name, session, tokens and cost in columns, and answers as if they stood among tags and metadata', async () => {
    await using app = await testApp();
    await start(app, {
      tags: { 'mlflow.traceName': 'chat' },
      trace_metadata: {
        'mlflow.trace.session': 's1',
        'mlflow.trace.tokenUsage':
          '{"output_tokens": 2.0, "input_tokens": "1", "total_tokens": 1.5, "more": 7, "cache_read_input_tokens": true}',
        'mlflow.trace.cost': '{"total_cost": 1, "input_cost": 0.00001, "output_cost": "nan"}',
      },
    });
    const { trace_metadata, tags } = await info(app);
    expect(tags).toMatchObject({ 'mlflow.traceName': 'chat' });
    expect(trace_metadata).toEqual({
      'mlflow.trace.infoFinalized': 'true',
      'mlflow.trace.session': 's1',
      'mlflow.trace.tokenUsage': '{"input_tokens": 1, "output_tokens": 2}',
      'mlflow.trace.cost': '{"input_cost": 1e-05, "total_cost": 1.0}',
    });
    const rows = await app.store.db.all(sql<{ key: string }>`
      SELECT key FROM trace_tags UNION ALL SELECT key FROM trace_request_metadata ORDER BY 1`);
    expect(rows.map(({ key }) => key)).toEqual(['mlflow.artifactLocation', 'mlflow.trace.infoFinalized']);
  });

  test('merges into a trace that is there: what is given replaces, the rest stays', async () => {
    await using app = await testApp();
    await start(app, {
      request_preview: 'first',
      client_request_id: 'c1',
      tags: { a: '1', b: '1', 'mlflow.traceName': 'chat' },
      trace_metadata: { m: '1', 'mlflow.trace.session': 's1' },
    });
    await start(app, {
      response_preview: 'second',
      state: 'ERROR',
      request_time: '2026-01-02T00:00:00Z',
      tags: { b: '2', c: '2' },
      trace_metadata: { n: '2' },
    });
    const merged = await info(app);
    expect(merged).toMatchObject({
      request_preview: 'first',
      response_preview: 'second',
      state: 'ERROR',
      request_time: '2026-01-02T00:00:00Z',
      tags: { a: '1', b: '2', c: '2', 'mlflow.traceName': 'chat' },
      trace_metadata: { m: '1', n: '2', 'mlflow.trace.session': 's1' },
    });
    expect(merged.client_request_id).toBeUndefined();
    expect(
      await app.store.db.get(sql`SELECT db_payload_generation AS generation FROM trace_info`),
    ).toMatchObject({ generation: 1 });
  });

  test('takes spans and assessments along when the header moves a trace to another experiment', async () => {
    await using app = await testApp();
    const other = await buildExperiment(app);
    const trace_id = await buildTrace(app, { spans: [{}] });
    const feedback = { assessment_name: 'good', feedback: { value: true } };
    await app.call(createAssessment, { trace_id, assessment: feedback });
    await start(app, { trace_id }, other);
    const places = await app.store.db.all(sql<{ experiment_id: number }>`
      SELECT experiment_id FROM spans UNION ALL SELECT experiment_id FROM assessments`);
    expect(places.map(({ experiment_id }) => String(experiment_id))).toEqual([other, other]);
    expect(await app.store.db.get(sql`SELECT trace_timestamp_ms AS time FROM assessments`)).toEqual({
      time: Date.parse('2026-01-02T03:04:05.006Z'),
    });
  });

  test('brings assessments along', async () => {
    await using app = await testApp();
    await start(app, { assessments: [{ assessment_name: 'good', feedback: { value: 'yes' } }] });
    expect((await info(app)).assessments).toMatchObject([
      { assessment_name: 'good', trace_id: ID, feedback: { value: 'yes' }, valid: true },
    ]);
  });

  test('makes one trace of two headers that race', async () => {
    await using app = await testApp();
    const tags = await Promise.all(
      Array.from({ length: 8 }, (_, index) => start(app, { tags: { [`t${index}`]: 'x' } })),
    );
    expect(tags).toHaveLength(8);
    expect(Object.keys((await info(app)).tags ?? {})).toHaveLength(9);
    expect(await countTraces(app)).toBe(1);
  });

  test('takes any key as a key', async () => {
    await using app = await testApp();
    const odd = JSON.parse('{"__proto__": "a", "constructor": "b", "": "c", "ü 名": "d"}');
    await start(app, { tags: odd, trace_metadata: odd });
    const stored = await info(app);
    expect(Object.entries(stored.tags ?? {})).toEqual(expect.arrayContaining(Object.entries(odd)));
    expect(Object.entries(stored.trace_metadata ?? {})).toEqual(expect.arrayContaining(Object.entries(odd)));
  });

  test.each([
    [{ trace_id: '' }, 'trace_id'],
    [{ trace_id: 'x'.repeat(51) }, 'trace.trace_info.trace_id'],
    [{ client_request_id: 'x'.repeat(51) }, 'client_request_id'],
    [{ request_preview: 'x'.repeat(1001) }, 'request_preview'],
    [{ response_preview: 'x'.repeat(1001) }, 'response_preview'],
    [{ request_time: '2026-02-30T00:00:00Z' }, 'request_time'],
    [{ request_time: 5 as never }, 'request_time'],
    [{ execution_duration: '1 second' }, 'execution_duration'],
    [{ tags: { a: 1 } as never }, 'tags.a'],
    [{ tags: { a: null } as never }, 'tags.a'],
    [{ tags: [] as never }, 'tags'],
    [{ tags: { ['k'.repeat(251)]: '' } }, 'tags.k'],
    [{ trace_metadata: { k: 'v'.repeat(8001) } }, 'trace_metadata.k'],
    [{ tags: { 'mlflow.traceName': 'x'.repeat(4097) } }, 'mlflow.traceName'],
    [{ trace_metadata: { 'mlflow.trace.session': 'x'.repeat(251) } }, 'mlflow.trace.session'],
    [{ trace_location: { type: 'MLFLOW_EXPERIMENT' } }, 'every trace belongs to an experiment'],
    [{ trace_location: { type: 'UC_SCHEMA' } }, 'UC_SCHEMA'],
    [{ trace_location: {} }, 'experiment_id'],
    [{ trace_location: { mlflow_experiment: { experiment_id: 'x' } } }, "'x'"],
    [
      { tags: Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`t${index}`, ''])) },
      'at most 1000',
    ],
    [{ assessments: [{ assessment_name: 'both', feedback: {}, expectation: { value: 1 } }] }, 'Exactly one'],
  ] as const)('refuses header number %# and stores nothing', async (wrong, words) => {
    await using app = await testApp();
    await expect(start(app, wrong as Partial<TraceInfo>)).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      status: 400,
      message: expect.stringContaining(words),
    });
    expect(await countTraces(app)).toBe(0);
  });

  test('refuses an experiment that is unknown, or deleted', async () => {
    await using app = await testApp();
    await expect(start(app, {}, '77')).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
    const deleted = await buildExperiment(app, { lifecycle_stage: 'deleted' });
    await expect(start(app, {}, deleted)).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  });

  test('does not replace the header of a trace whose spans a Python server has archived', async () => {
    await using app = await testApp();
    await start(app, { tags: { 'mlflow.trace.spansLocation': 'ARCHIVE_REPO' } });
    await expect(start(app, { state: 'ERROR' })).rejects.toMatchObject({
      errorCode: 'INVALID_STATE',
      status: 400,
    });
    expect((await info(app)).state).toBe('OK');
  });
});

describe('getTraceInfoV3', () => {
  test('knows no trace that is not there, and no trace called get', async () => {
    await using app = await testApp();
    await expect(info(app)).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST', status: 404 });
    const { statusCode, body } = await app.inject({ url: '/api/3.0/mlflow/traces/get' });
    expect([statusCode, body]).toEqual([400, expect.stringContaining('trace_id')]);
  });
});

describe('getTrace', () => {
  test('answers the spans with the root first, then by their start, to the nanosecond', async () => {
    await using app = await testApp();
    const trace_id = await buildTrace(app, {
      spans: [
        { name: 'late', span_id: '00000000000000aa', parent_span_id: '00000000000000cc' },
        {
          name: 'early',
          span_id: '00000000000000bb',
          parent_span_id: '00000000000000cc',
          start_time_unix_nano: 1_600_000_000_000_000_001n,
        },
        { name: 'root', span_id: '00000000000000cc', attributes: { 'mlflow.spanInputs': { q: 'ü' } } },
      ],
    });
    const { trace } = await app.call(getTrace, { trace_id });
    const spans = trace.spans as { name: string; start_time_unix_nano: bigint; attributes: object[] }[];
    expect(spans.map(({ name }) => name)).toEqual(['root', 'early', 'late']);
    expect(spans[1]?.start_time_unix_nano).toBe(1_600_000_000_000_000_001n);
    expect(spans[0]?.attributes).toContainEqual({
      key: 'mlflow.spanInputs',
      value: { kvlist_value: { values: [{ key: 'q', value: { string_value: 'ü' } }] } },
    });
    expect(trace.trace_info?.trace_id).toBe(trace_id);
  });

  test('waits for spans that are announced, and says so when they do not come', async () => {
    await using app = await testApp();
    const trace_metadata = { 'mlflow.trace.sizeStats': '{"num_spans": 2}' };
    const trace_id = await buildTrace(app, { trace_metadata, spans: [{}] });
    await expect(app.call(getTrace, { trace_id })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
      message: expect.stringContaining('not fully exported yet'),
    });
    expect((await app.call(getTrace, { trace_id, allow_partial: true })).trace.spans).toHaveLength(1);
    const asked = app.call(getTrace, { trace_id });
    await buildSpans(app, trace_id, '0', [{ span_id: '00000000000000ff' }]);
    expect((await asked).trace.spans).toHaveLength(2);
  });

  test('reads the file that clients upload where a server takes no spans, the TypeScript client’s form too', async () => {
    await using app = await testApp();
    const trace_id = await buildTrace(app);
    await expect(app.call(getTrace, { trace_id })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
      message: expect.stringContaining('have not arrived'),
    });
    const span = {
      trace_id: Buffer.from('ab'.repeat(16), 'hex').toString('base64'),
      span_id: Buffer.from('cd'.repeat(8), 'hex').toString('base64'),
      parent_span_id: '',
      name: 'root',
      start_time_unix_nano: '@',
      end_time_unix_nano: '@',
      status: { code: 'STATUS_CODE_OK', message: '' },
      attributes: { 'mlflow.spanInputs': { q: [1, 2.5] }, plain: 'text' },
      events: [],
    };
    const text = JSON.stringify({ spans: [span] }).replaceAll('"@"', '1700000000000000001');
    await upload(app, trace_id, text);
    const { trace } = await app.call(getTrace, { trace_id });
    expect(trace.spans).toMatchObject([
      {
        name: 'root',
        span_id: span.span_id,
        start_time_unix_nano: 1_700_000_000_000_000_001n,
        attributes: expect.arrayContaining([{ key: 'plain', value: { string_value: 'text' } }]),
      },
    ]);
    expect((await app.call(batchGetTraces, { trace_ids: [trace_id] })).traces).toHaveLength(1);
  });

  test.each(['{', '[]', '{"spans": 5}', '', '{"spans": ["x"]}'])(
    'says that the file is damaged: %s',
    async (text) => {
      await using app = await testApp();
      const trace_id = await buildTrace(app);
      await upload(app, trace_id, text);
      await expect(app.call(getTrace, { trace_id })).rejects.toMatchObject({
        errorCode: 'INVALID_STATE',
        message: expect.stringContaining('damaged'),
      });
      expect(await app.call(batchGetTraces, { trace_ids: [trace_id] })).toEqual({});
    },
  );

  test('reads spans from an archive that this server serves', async () => {
    await using app = await testApp();
    const trace_id = await buildArchived(app, 'mlflow-artifacts:/archive');
    const [child, root] = ['01'.repeat(8), '02'.repeat(8)];
    const traceId = trace_id.slice('tr-'.length);
    // The child stands before its root, and ends before it began: nothing is asked of what was stored once.
    const request = exportOf(
      { traceId, spanId: child, parentSpanId: root, endTimeUnixNano: '5' },
      { traceId, spanId: root, attributes: [text('k', '{"a": 1}')] },
    );
    await put(app, 'archive/traces.pb', toProtobuf(request));
    const { trace } = await app.call(getTrace, { trace_id });
    const spans = trace.spans as { span_id: string; attributes: unknown[] }[];
    expect(spans.map(({ span_id }) => Buffer.from(span_id, 'base64').toString('hex'))).toEqual([root, child]);
    expect(spans[0]?.attributes).toEqual(
      expect.arrayContaining([
        { key: 'k', value: { string_value: '{"a": 1}' } },
        { key: 'mlflow.traceRequestId', value: { string_value: trace_id } },
      ]),
    );
    expect((await app.call(batchGetTraces, { trace_ids: [trace_id] })).traces).toEqual([trace]);
    const url = `/ajax-api/2.0/mlflow/get-trace-artifact?request_id=${trace_id}`;
    const file = await app.inject({ method: 'GET', url });
    expect((JSON.parse(file.body) as { spans: unknown[] }).spans).toHaveLength(2);
  });

  test.each([
    ['dbfs:/bucket/a', undefined, 'NOT_IMPLEMENTED', 'dbfs:/bucket/a'],
    ['file:///etc', undefined, 'NOT_IMPLEMENTED', 'does not serve'],
    ['mlflow-artifacts:/archive', undefined, 'RESOURCE_DOES_NOT_EXIST', 'no longer'],
    ['mlflow-artifacts:/archive', 'no protobuf', 'INVALID_STATE', 'damaged'],
    ['mlflow-artifacts:/archive', '', 'INVALID_STATE', 'damaged'],
    ['', undefined, 'INVALID_STATE', 'no tag says where'],
  ])(
    'says why the spans in the archive %j, which holds %j, cannot be had',
    async (location, file, errorCode, word) => {
      await using app = await testApp();
      const trace_id = await buildArchived(app, location);
      if (file !== undefined) await put(app, 'archive/traces.pb', Buffer.from(file));
      await expect(app.call(getTrace, { trace_id })).rejects.toMatchObject({
        errorCode,
        message: expect.stringContaining(word),
      });
      const isGone = errorCode === 'RESOURCE_DOES_NOT_EXIST';
      expect((await app.call(batchGetTraces, { trace_ids: [trace_id] })).traces?.length ?? 0).toBe(
        isGone ? 1 : 0,
      );
    },
  );

  const buildArchived = (app: TestApp, location: string) =>
    buildTrace(app, {
      tags: {
        'mlflow.trace.spansLocation': 'ARCHIVE_REPO',
        ...(location === '' ? {} : { 'mlflow.trace.archiveLocation': location }),
      },
    });

  async function put(app: TestApp, path: string, content: Uint8Array) {
    const file = join(app.folder, 'mlartifacts', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }

  async function upload(app: TestApp, trace_id: string, text: string) {
    const folder = join(app.folder, `mlartifacts/0/traces/${trace_id}/artifacts`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'traces.json'), text);
  }
});

describe('batchGetTraces and batchGetTraceInfos', () => {
  test('keep the order asked for, give what is named twice where it stands last, leave out what is unknown, and what is not complete where spans are asked for', async () => {
    await using app = await testApp();
    const first = await buildTrace(app, { spans: [{}] });
    const second = await buildTrace(app, { spans: [{}] });
    const unfinished = await buildTrace(app, {
      spans: [{}],
      trace_metadata: { 'mlflow.trace.sizeStats': '{"num_spans": 3}' },
    });
    const trace_ids = [second, 'tr-unknown', unfinished, first, second];
    const { traces } = await app.call(batchGetTraces, { trace_ids });
    expect(traces?.map(({ trace_info }) => trace_info?.trace_id)).toEqual([first, second]);
    expect(traces?.every(({ spans }) => spans?.length === 1)).toBe(true);
    const { trace_infos } = await app.call(batchGetTraceInfos, { trace_ids });
    expect(trace_infos?.map(({ trace_id }) => trace_id)).toEqual([unfinished, first, second]);
  });

  test('are narrowed to experiments; none of them means none', async () => {
    await using app = await testApp();
    const other = await buildExperiment(app);
    const here = await buildTrace(app);
    const there = await buildTrace(app, { experiment_id: other });
    const ask = (experiment_ids?: string[]) =>
      app.call(batchGetTraceInfos, { trace_ids: [here, there], experiment_ids });
    expect((await ask()).trace_infos).toHaveLength(2);
    expect((await ask([other])).trace_infos).toMatchObject([{ trace_id: there }]);
    expect(await ask([])).toEqual({});
    expect(await ask(null as never)).toEqual({});
  });

  test('have a bound', async () => {
    await using app = await testApp();
    const trace_ids = Array.from({ length: 1001 }, (_, index) => `tr-${index}`);
    await expect(app.call(batchGetTraceInfos, { trace_ids })).rejects.toMatchObject({ status: 400 });
    expect(await app.call(batchGetTraceInfos, { trace_ids: [] })).toEqual({});
  });
});

test.each(['unified-traces', 'get-online-trace-details'])(
  'answers %s, which no open server has, as an unknown path',
  async (path) => {
    await using app = await testApp();
    expect((await app.inject({ url: `/api/2.0/mlflow/${path}` })).statusCode).toBe(404);
  },
);
