import { raw, sql } from '@bitacora/db';
import { createAssessment, deleteExperiment } from '@bitacora/protocol';
import { buildExperiment, buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import { listAssessmentRows } from '../assessments/queries.ts';
import { listSpans } from '../spans/service.ts';
import { mergeMetadata, mergeTags, TRACE_METADATA, upsertTrace } from '../traces/service.ts';
import { EVERY_EXPERIMENT } from '../workspaces/scope.ts';
import { countRows, exportOf, newTraceId, post, postJson, storedRows, text, toProtobuf } from './fixture.ts';

/** The header of a trace, as the client sends it when the trace has ended. */
const sendHeader = (
  app: TestApp,
  request_id: string,
  header: Partial<Parameters<typeof upsertTrace>[2]> = {},
) =>
  app.store.write((tx) =>
    upsertTrace(tx, EVERY_EXPERIMENT, {
      request_id,
      experiment_id: 0,
      timestamp_ms: 1_700_000_000_000,
      execution_time_ms: 5,
      status: 'OK',
      client_request_id: null,
      request_preview: null,
      response_preview: null,
      tags: {},
      metadata: {},
      ...header,
    }),
  );

const traceInfo = async (app: TestApp, traceId: string) =>
  (await storedRows(app, `tr-${traceId}`)).trace_info[0];

const ms = (offset: number) => `${1_700_000_000_000 + offset}000000`;
const USAGE = text('mlflow.chat.tokenUsage', '{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}');

describe('spans and the header of their trace come in any order', () => {
  test('a header that came first keeps its time, state and tokens, and gets what it lacks', async () => {
    await using app = await testApp();
    const traceId = newTraceId();
    const metadata = { [TRACE_METADATA.tokenUsage]: '{"input_tokens": 1}' };
    await sendHeader(app, `tr-${traceId}`, { status: 'ERROR', metadata, request_preview: 'asked' });
    const attributes = [
      USAGE,
      text('session.id', 's'),
      text('mlflow.spanInputs', 'in'),
      text('mlflow.spanOutputs', 'out'),
      text('mlflow.llm.cost', '{"input_cost": 1, "output_cost": 2, "total_cost": 3}'),
    ];
    await postJson(
      app,
      exportOf({ traceId, startTimeUnixNano: ms(-50), endTimeUnixNano: ms(500), attributes }),
    );
    expect(await traceInfo(app, traceId)).toMatchObject({
      timestamp_ms: 1_700_000_000_000,
      execution_time_ms: 5,
      status: 'ERROR',
      request_preview: 'asked',
      response_preview: '"out"',
      session_id: 's',
      input_tokens: 1,
      total_tokens: null,
      total_cost: 3,
      db_payload_generation: 1,
    });
  });

  test('a late span without usage does not move a header either, which MLflow lets it', async () => {
    await using app = await testApp();
    const traceId = newTraceId();
    await sendHeader(app, `tr-${traceId}`);
    await postJson(app, exportOf({ traceId, startTimeUnixNano: ms(-50), endTimeUnixNano: ms(500) }));
    expect(await traceInfo(app, traceId)).toMatchObject({
      timestamp_ms: 1_700_000_000_000,
      execution_time_ms: 5,
    });
  });

  test('a header that comes later replaces what the spans said', async () => {
    await using app = await testApp();
    const traceId = newTraceId();
    await postJson(app, exportOf({ traceId, attributes: [USAGE] }));
    await sendHeader(app, `tr-${traceId}`, { client_request_id: 'mine' });
    expect(await traceInfo(app, traceId)).toMatchObject({
      timestamp_ms: 1_700_000_000_000,
      client_request_id: 'mine',
      total_tokens: 7,
      db_payload_generation: 2,
    });
  });

  test('an earlier span moves the time that assessments repeat', async () => {
    await using app = await testApp();
    const traceId = newTraceId();
    await postJson(app, exportOf({ traceId, startTimeUnixNano: ms(0), endTimeUnixNano: ms(9) }));
    await app.call(createAssessment, {
      trace_id: `tr-${traceId}`,
      assessment: { assessment_name: 'a', feedback: { value: 1 } },
    });
    await postJson(
      app,
      exportOf({ traceId, spanId: '9'.repeat(16), startTimeUnixNano: ms(-5), endTimeUnixNano: ms(1) }),
    );
    expect(await traceInfo(app, traceId)).toMatchObject({
      timestamp_ms: 1_699_999_999_995,
      execution_time_ms: 14,
    });
    expect(await listAssessmentRows(app.store.db, [`tr-${traceId}`])).toMatchObject([
      { trace_timestamp_ms: 1_699_999_999_995 },
    ]);
  });

  test('a trace goes on until its root has come, even one that has not ended', async () => {
    await using app = await testApp();
    const traceId = newTraceId();
    await postJson(app, exportOf({ traceId, parentSpanId: '8'.repeat(16), endTimeUnixNano: '0' }));
    expect(await traceInfo(app, traceId)).toMatchObject({ status: 'IN_PROGRESS', execution_time_ms: null });
    const [row] = (await storedRows(app, `tr-${traceId}`)).spans;
    expect(row).toMatchObject({ end_time_unix_nano: null, duration_ns: null });
    expect(row?.content).toContain('"end_time_unix_nano": null');
    await postJson(app, exportOf({ traceId, spanId: '8'.repeat(16) }));
    expect(await traceInfo(app, traceId)).toMatchObject({ status: 'OK', execution_time_ms: 1000 });
  });

  test('exports of one trace at the same time lose nothing', async () => {
    await using app = await testApp();
    const traceId = newTraceId();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        postJson(
          app,
          exportOf({
            traceId,
            spanId: (index + 1).toString(16).padStart(16, '0'),
            ...(index === 7 ? {} : { parentSpanId: '0000000000000008' }),
            attributes: index === 7 ? [] : [USAGE],
          }),
        ),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(200));
    expect(await traceInfo(app, traceId)).toMatchObject({
      status: 'OK',
      total_tokens: 19 * 7,
      db_payload_generation: 20,
    });
    const spans = (await listSpans(app.store.db, [`tr-${traceId}`])).get(`tr-${traceId}`);
    expect(spans).toHaveLength(20);
    expect(spans?.[0]).toMatchObject({ parent_span_id: null, span_id: '0000000000000008' });
  });
});

describe('an export is refused whole', () => {
  test('when one of its traces keeps its spans elsewhere', async () => {
    await using app = await testApp();
    const archived = newTraceId();
    await postJson(app, exportOf({ traceId: archived }));
    await app.store.write((tx) =>
      mergeTags(tx, `tr-${archived}`, { 'mlflow.trace.spansLocation': 'ARCHIVE_REPO' }),
    );
    const before = await countRows(app);
    const answer = await postJson(app, exportOf({}, { traceId: archived, spanId: '7'.repeat(16) }));
    expect(answer.json()).toMatchObject({ error_code: 'INVALID_STATE' });
    expect(answer.statusCode).toBe(400);
    expect(await countRows(app)).toBe(before);
  });

  test('however many traces it has, and whichever of them is at fault', async () => {
    await using app = await testApp();
    const archived = 'f'.repeat(32);
    await postJson(app, exportOf({ traceId: archived }));
    await app.store.write((tx) =>
      mergeTags(tx, `tr-${archived}`, { 'mlflow.trace.spansLocation': 'ARCHIVE_REPO' }),
    );
    const before = await countRows(app);
    // In the order in which they are written the one at fault comes last.
    const spans = Array.from({ length: 130 }, () => ({ traceId: newTraceId().replace(/^./, '0') }));
    const answer = await postJson(app, exportOf({ traceId: archived, spanId: '7'.repeat(16) }, ...spans));
    expect(answer.json()).toMatchObject({ error_code: 'INVALID_STATE' });
    expect(await countRows(app)).toBe(before);
    expect((await postJson(app, exportOf(...spans))).statusCode).toBe(200);
    expect(await countRows(app)).toBeGreaterThanOrEqual(before + 130 * 2);
  });

  test('and kept whole when it is large enough for a thread of its own', async () => {
    await using app = await testApp();
    const traces = Array.from({ length: 60 }, newTraceId);
    const spans = traces.flatMap((traceId) =>
      [1, 2, 3].map((index) => ({
        traceId,
        spanId: String(index).repeat(16),
        ...(index > 1 && { parentSpanId: '1'.repeat(16) }),
        attributes: [text('mlflow.spanInputs', `grüße ${'x'.repeat(2000)} ${index}`), USAGE],
      })),
    );
    const body = toProtobuf(exportOf(...spans));
    expect(body.length).toBeGreaterThan(256 * 1024);
    expect((await post(app, { body })).statusCode).toBe(200);
    await using small = await testApp();
    for (const traceId of traces.slice(0, 3)) {
      const own = spans.filter((span) => span.traceId === traceId);
      await post(small, { body: toProtobuf(exportOf(...own)) });
      expect(await storedRows(app, `tr-${traceId}`)).toEqual(await storedRows(small, `tr-${traceId}`));
    }
  });

  test.each([
    ['4711', 404, 'RESOURCE_DOES_NOT_EXIST'],
    ['nonsense', 400, 'INVALID_PARAMETER_VALUE'],
  ])('when there is no experiment %s', async (id, status, error_code) => {
    await using app = await testApp();
    const answer = await postJson(app, exportOf({}), { 'x-mlflow-experiment-id': id });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ error_code });
    expect(await countRows(app)).toBe(0);
  });

  test('when the experiment is in the trash', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    await app.call(deleteExperiment, { experiment_id });
    const answer = await postJson(app, exportOf({}), { 'x-mlflow-experiment-id': experiment_id });
    expect(answer.json()).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
    expect(await countRows(app)).toBe(0);
  });

  test('when its session id is too long for the column', async () => {
    await using app = await testApp();
    const answer = await postJson(app, exportOf({}, { attributes: [text('session.id', 's'.repeat(251))] }));
    expect(answer.json()).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
    expect(await countRows(app)).toBe(0);
  });

  test('without the header that names the experiment, as FastAPI says it', async () => {
    await using app = await testApp();
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/traces',
      headers: { 'content-type': 'application/x-protobuf' },
      payload: toProtobuf(exportOf({})),
    });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toEqual({
      detail: [
        { type: 'missing', loc: ['header', 'x-mlflow-experiment-id'], msg: 'Field required', input: null },
      ],
    });
  });

  test.each([
    [{ 'content-type': 'text/plain' }, 'Invalid Content-Type'],
    [{ 'content-encoding': 'br' }, 'Unsupported Content-Encoding'],
  ])('with %j', async (headers, message) => {
    await using app = await testApp();
    const answer = await post(app, { body: toProtobuf(exportOf({})), headers });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toContain(message);
  });
});

test('a trace that exists stays in its experiment, whichever the header names', async () => {
  await using app = await testApp();
  const experiment_id = await buildExperiment(app);
  const traceId = newTraceId();
  await postJson(app, exportOf({ traceId }), { 'x-mlflow-experiment-id': experiment_id });
  const again = await postJson(app, exportOf({ traceId, spanId: '9'.repeat(16) }), {
    'x-mlflow-experiment-id': '4711',
  });
  expect(again.statusCode).toBe(200);
  const { trace_info, spans } = await storedRows(app, `tr-${traceId}`);
  expect([...trace_info, ...spans].map((row) => String(row.experiment_id))).toEqual(
    Array(3).fill(experiment_id),
  );
});

test('no span can say where a trace is kept', async () => {
  await using app = await testApp();
  const traceId = newTraceId();
  const keys = ['mlflow.artifactLocation', 'mlflow.trace.spansLocation', 'mlflow.trace.archiveLocation'];
  const attributes = keys.map((key) => text(`mlflow.traceTag.${key}`, 'file:///etc'));
  const request = exportOf({ traceId, attributes });
  const resource = { attributes: keys.map((key) => text(key, 'file:///etc')) };
  await postJson(app, { resourceSpans: [{ ...request.resourceSpans[0], resource }] });
  expect((await storedRows(app, `tr-${traceId}`)).trace_tags).toEqual([
    { key: 'mlflow.artifactLocation', value: `mlflow-artifacts:/0/traces/tr-${traceId}/artifacts` },
    { key: 'mlflow.trace.spansLocation', value: 'TRACKING_STORE' },
  ]);
});

test('links in JSON are hexadecimal, which MLflow reads as base64', async () => {
  await using app = await testApp();
  const traceId = newTraceId();
  const link = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) };
  await postJson(app, exportOf({ traceId, links: [link] }));
  expect((await storedRows(app, `tr-${traceId}`)).spans[0]?.content).toContain(
    `"links": [{"trace_id": "tr-${link.traceId}", "span_id": "${link.spanId}", "attributes": null}]`,
  );
});

test('a type that only other conventions tell is found in its column', async () => {
  await using app = await testApp();
  const traceId = newTraceId();
  await postJson(app, exportOf({ traceId, attributes: [text('gen_ai.operation.name', 'chat')] }));
  expect((await storedRows(app, `tr-${traceId}`)).spans).toMatchObject([{ type: 'CHAT_MODEL' }]);
});

test('a large export is read on another thread and stored all the same', async () => {
  await using app = await testApp();
  const traceId = newTraceId();
  const spans = Array.from({ length: 2000 }, (_, index) => ({
    traceId,
    ...(index === 0 ? {} : { parentSpanId: '0000000000000001' }),
    attributes: [text('mlflow.spanInputs', 'x'.repeat(500)), USAGE],
  }));
  const answer = await postJson(app, exportOf(...spans));
  expect(answer.statusCode).toBe(200);
  const [row] = await app.store.db.all(
    sql<{ n: number }>`SELECT COUNT(*) AS n FROM spans WHERE ${raw('trace_id')} = ${`tr-${traceId}`}`,
  );
  expect(Number(row?.n)).toBe(2000);
  // The root says what all below it took.
  expect(await traceInfo(app, traceId)).toMatchObject({ total_tokens: 7 });
});

test('traces whose root is there are linked to the run that the header names', async () => {
  await using app = await testApp();
  const run_id = await buildRun(app);
  const [whole, part] = [newTraceId(), newTraceId()];
  await postJson(app, exportOf({ traceId: whole }, { traceId: part, parentSpanId: '8'.repeat(16) }), {
    'x-mlflow-run-id': run_id,
  });
  const links = await app.store.db.all(
    sql<{ source_id: string; destination_type: string }>`
      SELECT source_id, destination_type FROM entity_associations WHERE destination_id = ${run_id}`,
  );
  expect(links).toEqual([{ source_id: `tr-${whole}`, destination_type: 'run' }]);
});

test('a user is told once', async () => {
  await using app = await testApp();
  const traceId = newTraceId();
  await postJson(app, exportOf({ traceId, attributes: [text('user.id', 'ana')] }));
  await postJson(app, exportOf({ traceId, attributes: [text('user.id', 'ben')] }));
  expect((await storedRows(app, `tr-${traceId}`)).trace_request_metadata).toEqual([
    { key: 'mlflow.trace.user', value: 'ana' },
  ]);
  const other = newTraceId();
  await sendHeader(app, `tr-${other}`);
  await app.store.write((tx) => mergeMetadata(tx, `tr-${other}`, { 'mlflow.trace.user': 'eva' }));
  await postJson(app, exportOf({ traceId: other, attributes: [text('user.id', 'ben')] }));
  expect((await storedRows(app, `tr-${other}`)).trace_request_metadata).toContainEqual({
    key: 'mlflow.trace.user',
    value: 'eva',
  });
});
