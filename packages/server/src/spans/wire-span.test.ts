import { describe, expect, test } from 'vitest';
import { toFileSpan, toWireSpan } from './wire-span.ts';

// As MLflow 3.17 stores and answers it.
const STORED =
  '{"trace_id": "K9NMqU22mmiJetBttp+sFw==", "span_id": "lozzHdaJDng=", "parent_span_id": "22AkYkqY3mM=", "name": "child", "start_time_unix_nano": 1700000000123456789, "end_time_unix_nano": 1700000001123456789, "events": [{"name": "ev", "time_unix_nano": 1700000000123456790, "attributes": {"a": 1, "c": [1.0], "d": null}}], "status": {"code": "STATUS_CODE_ERROR", "message": "bad"}, "attributes": {"d": "1.0", "nan": "NaN", "l": "[1, \\"x\\", null, [2.5]]", "m": "{\\"k\\": {\\"n\\": 1}}", "none": "null", "num": "\\"1\\"", "plain": "not json", "big": "9223372036854775808", "mlflow.spanType": "\\"LLM\\""}, "links": [{"trace_id": "tr-5e4bbc8014a14dd2977aa311581bccdf", "span_id": "fa689437ca059cc8", "attributes": {"x": 1}}, {"trace_id": "tr-cf066914b7f8dde90c9c86ffdc29f3b2", "span_id": "124302200a720ea7", "attributes": null}]}';

describe('a stored span', () => {
  test('is answered in the form of OpenTelemetry, its attributes decoded', () => {
    expect(toWireSpan(STORED)).toEqual({
      trace_id: 'K9NMqU22mmiJetBttp+sFw==',
      span_id: 'lozzHdaJDng=',
      parent_span_id: '22AkYkqY3mM=',
      name: 'child',
      start_time_unix_nano: 1700000000123456789n,
      end_time_unix_nano: 1700000001123456789n,
      attributes: [
        { key: 'd', value: { double_value: 1 } },
        { key: 'nan', value: { double_value: 'NaN' } },
        {
          key: 'l',
          value: {
            array_value: {
              values: [
                { int_value: 1 },
                { string_value: 'x' },
                {},
                { array_value: { values: [{ double_value: 2.5 }] } },
              ],
            },
          },
        },
        {
          key: 'm',
          value: {
            kvlist_value: {
              values: [
                { key: 'k', value: { kvlist_value: { values: [{ key: 'n', value: { int_value: 1 } }] } } },
              ],
            },
          },
        },
        { key: 'none' },
        { key: 'num', value: { string_value: '1' } },
        { key: 'plain', value: { string_value: 'not json' } },
        { key: 'big', value: { string_value: '9223372036854775808' } },
        { key: 'mlflow.spanType', value: { string_value: 'LLM' } },
      ],
      events: [
        {
          time_unix_nano: 1700000000123456790n,
          name: 'ev',
          attributes: [
            { key: 'a', value: { int_value: 1 } },
            { key: 'c', value: { array_value: { values: [{ double_value: 1 }] } } },
            { key: 'd' },
          ],
        },
      ],
      links: [
        {
          trace_id: 'Xku8gBShTdKXeqMRWBvM3w==',
          span_id: '+miUN8oFnMg=',
          attributes: [{ key: 'x', value: { int_value: 1 } }],
        },
        { trace_id: 'zwZpFLf43ekMnIb/3Cnzsg==', span_id: 'EkMCIApyDqc=' },
      ],
      status: { message: 'bad', code: 'STATUS_CODE_ERROR' },
    });
  });

  test('goes into a file as it is', () => {
    expect(toFileSpan(STORED)).toBe(STORED);
  });

  test('without a type gets the one that its attributes tell', () => {
    const stored = '{"name": "é", "attributes": {"traceloop.span.kind": "\\"workflow\\"", "n": "1.0"}}';
    expect(toFileSpan(stored)).toBe(
      '{"name": "é", "attributes": {"traceloop.span.kind": "\\"workflow\\"", "n": "1.0", "mlflow.spanType": "\\"WORKFLOW\\""}}',
    );
    expect(toWireSpan(stored).attributes).toContainEqual({
      key: 'mlflow.spanType',
      value: { string_value: 'WORKFLOW' },
    });
    const unknown =
      '{"attributes": {"mlflow.spanType": "\\"UNKNOWN\\"", "openinference.span.kind": "\\"TOOL\\""}}';
    expect(toFileSpan(unknown)).toContain('"mlflow.spanType": "\\"TOOL\\""');
  });

  test('that nests without end is text', () => {
    const deep = '['.repeat(5000) + ']'.repeat(5000);
    expect(toWireSpan(JSON.stringify({ attributes: { deep } })).attributes).toEqual([
      { key: 'deep', value: { string_value: deep } },
    ]);
  });
});

describe('older forms', () => {
  test('of 3.5 have ids in hexadecimal and plain status codes', () => {
    expect(
      toWireSpan(
        '{"trace_id": "tr-2bd34ca94db69a68897ad06db69fac17", "span_id": "968cf31dd6890e78", "parent_span_id": null, "name": "n", "start_time_unix_nano": 5, "end_time_unix_nano": null, "status": {"code": "OK", "message": ""}, "attributes": {}}',
      ),
    ).toEqual({
      trace_id: 'K9NMqU22mmiJetBttp+sFw==',
      span_id: 'lozzHdaJDng=',
      name: 'n',
      start_time_unix_nano: 5,
      status: { code: 'STATUS_CODE_OK' },
    });
  });

  test('of version 2 have a context', () => {
    expect(
      toWireSpan(
        '{"name": "n", "context": {"span_id": "0x968cf31dd6890e78", "trace_id": "0x2bd34ca94db69a68897ad06db69fac17"}, "parent_id": "0xdb6024624a98de63", "start_time": 1, "end_time": 2, "status_code": "ERROR", "status_message": "m", "attributes": {"a": "1"}, "events": [{"name": "e", "timestamp": 3, "attributes": {}}]}',
      ),
    ).toEqual({
      trace_id: 'K9NMqU22mmiJetBttp+sFw==',
      span_id: 'lozzHdaJDng=',
      parent_span_id: '22AkYkqY3mM=',
      name: 'n',
      start_time_unix_nano: 1,
      end_time_unix_nano: 2,
      attributes: [{ key: 'a', value: { int_value: 1 } }],
      events: [{ time_unix_nano: 3, name: 'e' }],
      status: { message: 'm', code: 'STATUS_CODE_ERROR' },
    });
  });

  test('of the TypeScript client have decoded attributes and an empty parent', () => {
    expect(
      toWireSpan(
        '{"trace_id": "K9NMqU22mmiJetBttp+sFw==", "span_id": "lozzHdaJDng=", "parent_span_id": "", "name": "n", "start_time_unix_nano": 1, "end_time_unix_nano": 2, "status": {"code": "STATUS_CODE_OK"}, "attributes": {"o": {"a": [true]}, "t": "text"}}',
      ),
    ).toMatchObject({
      attributes: [
        {
          key: 'o',
          value: {
            kvlist_value: {
              values: [{ key: 'a', value: { array_value: { values: [{ bool_value: true }] } } }],
            },
          },
        },
        { key: 't', value: { string_value: 'text' } },
      ],
    });
  });
});
