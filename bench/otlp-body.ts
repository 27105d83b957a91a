import { randomFillSync } from 'node:crypto';

/** Protobuf's wire format, as much of it as OTLP needs. */
const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
};
const bytes = (field: number, content: Buffer) =>
  Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
const text = (field: number, content: string) => bytes(field, Buffer.from(content));
const uint64 = (value: bigint) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(value);
  return buffer;
};
const fixed64 = (field: number, value: bigint) => Buffer.concat([varint(field * 8 + 1), uint64(value)]);
const attribute = (key: string, value: string | number) =>
  bytes(
    9,
    Buffer.concat([
      text(1, key),
      bytes(2, typeof value === 'string' ? text(1, value) : Buffer.concat([varint(24), varint(value)])),
    ]),
  );

const TRACE = Buffer.alloc(16, 0xee);
const spanId = (index: number) => Buffer.from((index + 1).toString(16).padStart(16, '0'), 'hex');

/** When a span begins and ends, in nanoseconds after the trace. */
const timesOf = (index: number): readonly [bigint, bigint] => [
  BigInt(index) * 1_000_000n,
  BigInt(index) * 2_000_000n + 500_000_000n,
];

/** A call of a model or a tool within an agent's turn, as instrumentations of GenAI's conventions send it. */
function span(index: number, start: bigint): Buffer {
  const [begun, ended] = timesOf(index);
  const isModel = index % 2 === 1;
  const question = `Question ${index}: ${'what is the weather like in Aracataca today? '.repeat(5)}`;
  const answer = `Answer ${index}: ${'warm, with a hint of yellow butterflies. '.repeat(5)}`;
  const attributes = isModel
    ? [
        attribute('gen_ai.operation.name', 'chat'),
        attribute('gen_ai.provider.name', 'openai'),
        attribute('gen_ai.request.model', 'gpt-4o-mini'),
        attribute('gen_ai.usage.input_tokens', 1000 + index),
        attribute('gen_ai.usage.output_tokens', 100 + index),
        attribute('gen_ai.input.messages', JSON.stringify([{ role: 'user', content: question }])),
        attribute('gen_ai.output.messages', JSON.stringify([{ role: 'assistant', content: answer }])),
      ]
    : [
        attribute('mlflow.spanType', index === 0 ? 'AGENT' : 'TOOL'),
        attribute('mlflow.spanInputs', JSON.stringify({ question })),
        attribute('mlflow.spanOutputs', JSON.stringify({ answer })),
        attribute('http.status_code', 200),
      ];
  return bytes(
    2,
    Buffer.concat([
      bytes(1, TRACE),
      bytes(2, spanId(index)),
      ...(index === 0 ? [] : [bytes(4, spanId((index - 1) >> 1))]),
      text(5, index === 0 ? 'turn' : isModel ? 'chat gpt-4o-mini' : 'weather'),
      fixed64(7, start + begun),
      fixed64(8, start + ended),
      ...attributes,
    ]),
  );
}

/**
 * Bodies of OTLP that each hold one new trace of so many spans, begun when it is asked for; all but the id of the trace
 * and its times is made once.
 */
export function traceBodies(spans: number): () => { readonly trace_id: string; readonly body: Buffer } {
  const start = BigInt(Date.now()) * 1_000_000n;
  const resource = bytes(1, bytes(1, Buffer.concat([text(1, 'service.name'), bytes(2, text(1, 'bench'))])));
  const body = bytes(
    1,
    Buffer.concat([
      resource,
      bytes(2, Buffer.concat(Array.from({ length: spans }, (_, index) => span(index, start)))),
    ]),
  );
  const ids = placesOf(body, TRACE);
  const times = [...new Set(Array.from({ length: spans }, (_, index) => timesOf(index)).flat())].flatMap(
    (after) => placesOf(body, uint64(start + after)).map((place) => ({ place, after })),
  );
  return () => {
    const copy = Buffer.from(body);
    const id = randomFillSync(Buffer.alloc(16));
    for (const place of ids) id.copy(copy, place);
    const begun = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
    for (const { place, after } of times) copy.writeBigUInt64LE(begun + after, place);
    return { trace_id: `tr-${id.toString('hex')}`, body: copy };
  };
}

function placesOf(body: Buffer, wanted: Buffer): number[] {
  const places: number[] = [];
  for (let at = body.indexOf(wanted); at >= 0; at = body.indexOf(wanted, at + wanted.length)) places.push(at);
  return places;
}
