import { testApp } from '@bitacora/testkit';
import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { describe, expect, test } from 'vitest';
import { listSpans, toWireSpan } from '../spans/service.ts';
import { storedRows } from './fixture.ts';

describe.each([
  ['protobuf', ProtobufExporter],
  ['JSON', JsonExporter],
])('the exporter of OpenTelemetry for Node, in %s', (_, Exporter) => {
  test.each(['none', 'gzip'])('brings its spans, compression: %s', async (compression) => {
    await using app = await testApp();
    const url = await app.app.listen({ port: 0, host: '127.0.0.1' });
    const exporter = new Exporter({
      url: `${url}/v1/traces`,
      headers: { 'x-mlflow-experiment-id': '0' },
      compression: compression as never,
    });
    const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
    const tracer = provider.getTracer('test');
    const root = tracer.startSpan('turn', { attributes: { 'input.value': 'hi', 'session.id': 's' } });
    const child = tracer.startSpan(
      'tool',
      { attributes: { 'openinference.span.kind': 'TOOL', count: 3, share: 0.5, list: ['a', 'b'] } },
      trace.setSpan(ROOT_CONTEXT, root),
    );
    child.recordException(new Error('out of butterflies'));
    child.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
    child.end();
    root.end();
    await provider.shutdown();

    const trace_id = `tr-${root.spanContext().traceId}`;
    const { trace_info } = await storedRows(app, trace_id);
    expect(trace_info).toMatchObject([{ status: 'OK', session_id: 's', request_preview: '"hi"' }]);
    const spans = (await listSpans(app.store.db, [trace_id]))
      .get(trace_id)
      ?.map(({ content }) => toWireSpan(content));
    expect(spans).toMatchObject([
      { name: 'turn', status: {} },
      {
        name: 'tool',
        parent_span_id: Buffer.from(root.spanContext().spanId, 'hex').toString('base64'),
        status: { code: 'STATUS_CODE_ERROR', message: 'no' },
        events: [{ name: 'exception' }],
      },
    ]);
    expect(spans?.[1]?.attributes).toEqual(
      expect.arrayContaining([
        { key: 'count', value: { int_value: 3 } },
        { key: 'share', value: { double_value: 0.5 } },
        { key: 'list', value: { array_value: { values: [{ string_value: 'a' }, { string_value: 'b' }] } } },
        { key: 'mlflow.spanType', value: { string_value: 'TOOL' } },
      ]),
    );
  });
});
