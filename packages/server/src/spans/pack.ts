import { setImmediate as nextTurn } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import type { PreparedTrace, SpanNode, TraceHeader } from './prepare.ts';
import type { SpanColumns } from './queries.ts';

/** What is read when a trace is written. */
type Body = Pick<PreparedTrace, 'nodes'> & { readonly spans: readonly ReturnType<typeof toValues>[] };

/** Without the names of the columns. */
const toValues = (span: SpanColumns) =>
  [
    span.span_id,
    span.parent_span_id,
    span.name,
    span.type,
    span.status,
    span.start_time_unix_nano,
    span.end_time_unix_nano,
    span.content,
    span.input_cost,
    span.output_cost,
    span.total_cost,
    span.model_name,
    span.model_provider,
  ] as const;

const toColumns = (values: ReturnType<typeof toValues>): SpanColumns => ({
  span_id: values[0],
  parent_span_id: values[1],
  name: values[2],
  type: values[3],
  status: values[4],
  start_time_unix_nano: values[5],
  end_time_unix_nano: values[6],
  content: values[7],
  input_cost: values[8],
  output_cost: values[9],
  total_cost: values[10],
  model_name: values[11],
  model_provider: values[12],
});

/** Traces whose headers are read in one turn of the event loop: about a millisecond. */
const HEADERS_AT_ONCE = 200;

/**
 * Traces for another thread, as bytes that change hands. Sent as objects they would all be made there in one go, which
 * for 10,000 spans takes a tenth of a second, and each with the names of its columns.
 *
 * First stand the traces, the header and the body of each, then how many bytes each of these has, then the number of
 * traces; numbers have 32 bits.
 *
 * @param likely about how many bytes it will be.
 */
export function packTraces(traces: Iterable<PreparedTrace>, likely: number): Uint8Array<ArrayBuffer> {
  const lengths: number[] = [];
  let packed = new Uint8Array(likely);
  let end = 0;
  const add = (piece: Uint8Array) => {
    if (end + piece.length > packed.length)
      packed = new Uint8Array(packed.buffer.transfer(2 * (end + piece.length)));
    packed.set(piece, end);
    end += piece.length;
  };
  // A piece is copied at once and let go of, so that there is never more than one besides.
  for (const { spans, nodes, ...header } of traces) {
    for (const piece of [
      serialize(header satisfies TraceHeader),
      serialize({ nodes, spans: spans.map(toValues) } satisfies Body),
    ]) {
      lengths.push(piece.length);
      add(piece);
    }
  }
  add(new Uint8Array(Uint32Array.from([...lengths, lengths.length / 2]).buffer));
  return packed.subarray(0, end);
}

/** The traces in such bytes. Other requests get their turns in between. */
export async function unpackTraces(bytes: Uint8Array<ArrayBuffer>): Promise<PreparedTrace[]> {
  const [count = 0] = new Uint32Array(bytes.slice(-4).buffer);
  const lengths = new Uint32Array(bytes.slice(-4 * (2 * count + 1), -4).buffer);
  const traces: PreparedTrace[] = [];
  let start = 0;
  for (let index = 0; index < count; index++) {
    if (index > 0 && index % HEADERS_AT_ONCE === 0) await nextTurn();
    const headerEnd = start + lengths[index * 2]!;
    const end = headerEnd + lengths[index * 2 + 1]!;
    const header = deserialize(bytes.subarray(start, headerEnd)) as TraceHeader;
    traces.push(Object.assign(new PackedSpans(bytes.subarray(headerEnd, end)), header));
    start = end;
  }
  return traces;
}

/** The spans of a trace, made anew each time they are asked for: once as a rule, when they are written. */
class PackedSpans {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get spans(): SpanColumns[] {
    return (deserialize(this.#bytes) as Body).spans.map(toColumns);
  }

  get nodes(): readonly SpanNode[] {
    return (deserialize(this.#bytes) as Body).nodes;
  }
}
