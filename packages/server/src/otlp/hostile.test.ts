import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { type TestApp, testApp } from '@bitacora/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MOST_JSON_TOKENS, MOST_NESTED, MOST_SPANS, OtlpRefusal } from './export-request.ts';
import {
  bytes,
  CASES,
  countRows,
  exportOf,
  keyValue,
  post,
  postJson,
  readAll,
  text,
  toProtobuf,
} from './fixture.ts';
import { decodeJson } from './json.ts';
import { decodeProtobuf } from './protobuf.ts';
import { MOST_BYTES } from './read-export.ts';

/** Nothing of what was refused is stored, and the server goes on. */
async function expectRefused(app: TestApp, answer: { readonly statusCode: number; readonly body: string }) {
  expect([answer.statusCode, answer.body]).toEqual([400, expect.stringMatching(/^\{"detail": ?"/)]);
  expect(await countRows(app)).toBe(0);
}

const isReadOrRefused = (read: () => unknown) => {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(OtlpRefusal);
  }
};

describe('whatever the bytes are, they are read or refused', () => {
  test('of protobuf, at random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (body) =>
        isReadOrRefused(() => readAll(decodeProtobuf(Buffer.from(body)))),
      ),
      { numRuns: 5000 },
    );
  });

  test('of protobuf, when some bytes of a good body are changed, cut off or repeated', () => {
    const bodies = CASES.flatMap(({ requests }) => requests.map(toProtobuf));
    const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
    fc.assert(
      fc.property(
        fc.constantFrom(...bodies),
        fc.array(change, { maxLength: 4 }),
        fc.option(fc.nat()),
        fc.boolean(),
        (body, changes, cut, isTwice) => {
          let changed = Buffer.from(body);
          for (const { at, byte } of changes) changed[at % changed.length] = byte;
          if (cut !== null) changed = changed.subarray(0, cut % changed.length);
          isReadOrRefused(() =>
            readAll(decodeProtobuf(isTwice ? Buffer.concat([changed, changed]) : changed)),
          );
        },
      ),
      { numRuns: 5000 },
    );
  });

  test('of JSON, whatever stands in the place of a field', () => {
    const bodies = CASES.flatMap(({ requests }) => requests.map((request) => JSON.stringify(request)));
    fc.assert(
      fc.property(fc.constantFrom(...bodies), fc.nat(), fc.jsonValue(), (body, place, value) => {
        const values = [...body.matchAll(/"[^"\\]*"(?!:)|\d+/g)];
        const match = values[place % values.length]!;
        const changed =
          body.slice(0, match.index) + JSON.stringify(value) + body.slice(match.index + match[0].length);
        isReadOrRefused(() => readAll(decodeJson(Buffer.from(changed))));
      }),
      { numRuns: 3000 },
    );
  });

  test('of JSON, at random', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (body) =>
        isReadOrRefused(() => readAll(decodeJson(Buffer.from(body)))),
      ),
      { numRuns: 2000 },
    );
  });
});

test('through the front door a changed body is stored whole or refused, and never a failure of the server', async () => {
  await using app = await testApp();
  const bodies = CASES.slice(0, 20).map(({ requests }) => toProtobuf(requests[0]!));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...bodies),
      fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 3 }),
      async (body, changes) => {
        const changed = Buffer.from(body);
        for (const { at, byte } of changes) changed[at % changed.length] = byte;
        const before = await countRows(app);
        const answer = await post(app, { body: changed });
        expect([200, 400], answer.body).toContain(answer.statusCode);
        if (answer.statusCode === 400) expect(await countRows(app)).toBe(before);
      },
    ),
    { numRuns: 300 },
  );
});

describe('an export is refused', () => {
  test.each([
    ['a trace id of 8 bytes', { traceId: '1'.repeat(16) }],
    ['a trace id of zeros', { traceId: '0'.repeat(32) }],
    ['no trace id', { traceId: '' }],
    ['a trace id that is too long', { traceId: '1'.repeat(34) }],
    ['a span id of 4 bytes', { spanId: '1'.repeat(8) }],
    ['a span id of zeros', { spanId: '0'.repeat(16) }],
    ['a parent of 4 bytes', { parentSpanId: '1'.repeat(8) }],
    ['no start', { startTimeUnixNano: '0' }],
    ['a start beyond what a column holds', { startTimeUnixNano: '9223372036854775808' }],
    ['an end beyond what a column holds', { endTimeUnixNano: '18446744073709551615' }],
    ['an end before the start', { endTimeUnixNano: '1' }],
    ['a name without end', { name: 'x'.repeat(10_001) }],
  ])('for %s, in either encoding', async (_, span) => {
    await using app = await testApp();
    const request = exportOf({}, span);
    await expectRefused(app, await postJson(app, request));
    await expectRefused(app, await post(app, { body: toProtobuf(request) }));
  });

  test.each([
    ['not JSON', '{'],
    ['no object', '[]'],
    ['empty', ''],
    ['without spans', '{}'],
    ['a list that is none', '{"resourceSpans": {}}'],
    ['an id in base64', JSON.stringify(exportOf({ traceId: 'AAAAAAAAAAAAAAAAAAAAAQ==' }))],
    ['a time with a fraction', JSON.stringify(exportOf({ startTimeUnixNano: 1.5 }))],
    ['a time below zero', JSON.stringify(exportOf({ startTimeUnixNano: '-5' }))],
    ['a name that is a number', JSON.stringify(exportOf({ name: 5 as never }))],
    ['a lone surrogate', JSON.stringify(exportOf({ name: '\ud800' }))],
    [
      'a value of two kinds',
      JSON.stringify(exportOf({ attributes: [{ key: 'a', value: { stringValue: 'x', intValue: 1 } }] })),
    ],
    [
      'an integer beyond 64 bits',
      JSON.stringify(exportOf({ attributes: [{ key: 'a', value: { intValue: '9223372036854775808' } }] })),
    ],
    [
      'a number beyond a double',
      JSON.stringify(exportOf({ attributes: [{ key: 'a', value: { doubleValue: '1e999' } }] })),
    ],
    ['nesting without end', `{"resourceSpans": ${'['.repeat(200_000)}`],
    ['nesting without end that is closed', `{"resourceSpans": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ])('as JSON that is %s', async (_, body) => {
    await using app = await testApp();
    await expectRefused(app, await post(app, { body, headers: { 'content-type': 'application/json' } }));
  });

  test('for text that is not UTF-8', async () => {
    await using app = await testApp();
    const body = toProtobuf(exportOf({ name: 'XXXX' }));
    body.write('\xff\xfe', body.indexOf('XXXX'), 'latin1');
    await expectRefused(app, await post(app, { body }));
    const json = Buffer.from(JSON.stringify(exportOf({ name: 'XXXX' })));
    json.write('\xff\xfe', json.indexOf('XXXX'), 'latin1');
    await expectRefused(
      app,
      await post(app, { body: json, headers: { 'content-type': 'application/json' } }),
    );
  });

  test('for a value that nests too deep', async () => {
    await using app = await testApp();
    let value = bytes(1, Buffer.from('x'));
    for (let depth = 0; depth < 100_000 / 8; depth++) value = bytes(5, bytes(1, value));
    const span = toProtobuf(exportOf({}));
    const deep = bytes(9, bytes(1, Buffer.from('a')), bytes(2, value));
    await expectRefused(app, await post(app, { body: withinSpan(span, deep) }));
    let json = { stringValue: 'x' } as object;
    for (let depth = 0; depth <= MOST_NESTED; depth++) json = { arrayValue: { values: [json] } };
    await expectRefused(app, await postJson(app, exportOf({ attributes: [{ key: 'a', value: json }] })));
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
  ] as const)('for a small %s body that becomes a huge one', async (encoding, deflate) => {
    await using app = await testApp();
    const body = deflate(Buffer.alloc(MOST_BYTES + 1));
    expect(body.length).toBeLessThan(256 * 1024);
    const answer = await post(app, { body, headers: { 'content-encoding': encoding } });
    await expectRefused(app, answer);
    expect(answer.body).toContain(`more than ${MOST_BYTES} bytes`);
  });

  test.each(['gzip', 'deflate'])('for a body that is no %s', async (encoding) => {
    await using app = await testApp();
    const body = toProtobuf(exportOf({}));
    await expectRefused(app, await post(app, { body, headers: { 'content-encoding': encoding } }));
    const cut = gzipSync(body).subarray(0, 40);
    await expectRefused(app, await post(app, { body: cut, headers: { 'content-encoding': encoding } }));
  });

  test('for more spans than anybody sends', async () => {
    await using app = await testApp();
    const spans = Buffer.concat(
      Array.from({ length: MOST_SPANS + 1 }, (_, index) => {
        const id = Buffer.alloc(8);
        id.writeUInt32BE(index + 1);
        return bytes(2, bytes(1, Buffer.alloc(16, 1)), bytes(2, id), TIMES);
      }),
    );
    const answer = await post(app, { body: bytes(1, bytes(2, spans)) });
    await expectRefused(app, answer);
    expect(answer.body).toContain(`more than ${MOST_SPANS} spans`);
  });

  test('for more values than anybody sends', async () => {
    await using app = await testApp();
    // Two bytes each: an entry without key or value.
    const attributes = Buffer.alloc(2 * 2_000_001);
    for (let at = 0; at < attributes.length; at += 2) attributes[at] = 0x4a;
    const answer = await post(app, { body: withinSpan(toProtobuf(exportOf({})), attributes) });
    await expectRefused(app, answer);
    expect(answer.body).toContain('attributes and values');
  });

  test('for more JSON than memory holds once it is parsed, of a small body', async () => {
    await using app = await testApp();
    const body = gzipSync(`{"resourceSpans":[${'{},'.repeat(MOST_JSON_TOKENS / 2)}{}]}`);
    expect(body.length).toBeLessThan(256 * 1024);
    const answer = await post(app, {
      body,
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    await expectRefused(app, answer);
    expect(answer.body).toContain('JSON values');
  });

  test.each([
    ['many attributes', 2000, 'x'],
    ['long ones', 10, 'x'.repeat(8000)],
  ])('for a resource with %s that would become tags of very many traces', async (_, count, value) => {
    await using app = await testApp();
    const attributes = Array.from({ length: count }, (_, index) => text(`key-${index}`, value));
    const { resourceSpans } = exportOf(...Array.from({ length: 1000 }, () => ({})));
    const answer = await postJson(app, {
      resourceSpans: [{ ...resourceSpans[0]!, resource: { attributes } }],
    });
    await expectRefused(app, answer);
    expect(answer.body).toContain('too many tags');
  });
});

test('signs within a text are no JSON values', () => {
  const value = `\\"${'{[,'.repeat(MOST_JSON_TOKENS / 2)}`;
  const body = Buffer.from(JSON.stringify(exportOf({ attributes: [text('a', value)] })));
  expect(readAll(decodeJson(body))[0]?.spans[0]?.attributes.get('a')).toBe(JSON.stringify(value));
});

test('a body beyond the bound is not even read', async () => {
  await using app = await testApp();
  const answer = await post(app, { body: Buffer.alloc(MOST_BYTES + 1) });
  expect(answer.statusCode).toBe(413);
  expect(await countRows(app)).toBe(0);
});

test('names of JavaScript objects are names like any other', async () => {
  await using app = await testApp();
  const attributes = ['__proto__', 'constructor', 'toJSON', 'then', 'hasOwnProperty'].map((key) =>
    text(key, 'x'),
  );
  const traceId = 'b'.repeat(32);
  const resource = { attributes: [text('__proto__', 'x'), text('constructor', 'y')] };
  const request = exportOf({ traceId, attributes });
  const answer = await postJson(app, { resourceSpans: [{ ...request.resourceSpans[0], resource }] });
  expect(answer.statusCode).toBe(200);
  expect(({} as Record<string, unknown>).x).toBeUndefined();
  const [row] = await app.store.db.all({
    compile: () => ({ text: 'SELECT content FROM spans', values: [] }),
  });
  for (const { key } of attributes)
    expect((row as { content: string }).content).toContain(`"${key}": "\\"x\\""`);
});

const TIMES = Buffer.from('3915cd5b07000000004116cd5b0700000000', 'hex');

/** More fields in the one span of a body. */
function withinSpan(body: Buffer, fields: Buffer): Buffer {
  const [{ spans } = { spans: [] }] = readAll(decodeProtobuf(body));
  const { trace_id, span_id } = spans[0]!;
  return bytes(
    1,
    bytes(
      2,
      bytes(2, bytes(1, Buffer.from(trace_id, 'hex')), bytes(2, Buffer.from(span_id, 'hex')), TIMES, fields),
    ),
  );
}

// The fixture's own writer is good: an attribute it writes is read again.
test('an attribute within a span is read', () => {
  const body = withinSpan(toProtobuf(exportOf({})), keyValue(9, text('a', 'b')));
  expect(readAll(decodeProtobuf(body))[0]?.spans[0]?.attributes).toEqual(new Map([['a', '"b"']]));
});
