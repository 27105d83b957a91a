/**
 * What an exporter sends, in either encoding. The value of an attribute is JSON text in Python's spelling: that is how
 * MLflow stores it, and most are never looked into.
 */
export interface ResourceSpans {
  /** Who made the spans: `service.name` and its like. */
  readonly resource: ReadonlyMap<string, string>;
  readonly spans: readonly UnreadSpan[];
}

/** A span of which no more is known than its trace: one trace after the other is read, so that few are held at a time. */
export interface UnreadSpan {
  readonly trace_id: string;
  /** @throws OtlpRefusal */
  read(): OtlpSpan;
}

export interface OtlpSpan {
  /** 32 hexadecimal digits. */
  readonly trace_id: string;
  /** 16 hexadecimal digits. */
  readonly span_id: string;
  /** Null for a root. */
  readonly parent_span_id: string | null;
  readonly name: string;
  /** Nanoseconds since 1970. */
  readonly start_ns: bigint;
  /** Null while the span has not ended. */
  readonly end_ns: bigint | null;
  readonly status: 'UNSET' | 'OK' | 'ERROR';
  readonly status_message: string;
  /** Text that its sender encoded as JSON is that JSON here. What MLflow adds of its own goes in as well. */
  readonly attributes: Map<string, string>;
  readonly events: readonly OtlpEvent[];
  readonly links: readonly OtlpLink[];
}

export interface OtlpEvent {
  readonly name: string;
  readonly time_ns: bigint;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface OtlpLink {
  readonly trace_id: string;
  readonly span_id: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** The request cannot be read: answered with 400, and nothing of it is stored. */
export class OtlpRefusal extends Error {
  override readonly name = 'OtlpRefusal';
}

/** Bounds on one request. Exporters send 512 spans at a time, the OpenTelemetry collector some thousands. */
export const MOST_SPANS = 50_000;
/** Attributes and values within lists and maps, of all spans together. */
export const MOST_VALUES = 2_000_000;
/**
 * What opens or follows a value in JSON, of all values together. A value that counts for the bound above takes four of
 * these at most, and a span some twenty: what has more is refused before anything is made of it.
 */
export const MOST_JSON_TOKENS = 4 * MOST_VALUES + 20 * MOST_SPANS;
/** Of tags, in characters: what a resource says becomes tags of each of its traces, so that a small body may stand for a huge one here too. */
export const MOST_TAG_CHARACTERS = 64 * 1024 * 1024;
/** A span's name is one of few; MySQL's column takes 64 kB. */
const MOST_NAME = 10_000;
/** How deep the value of an attribute may nest; protobuf's readers give up at about a third of it. */
export const MOST_NESTED = 100;

/** Counts what a request holds while it is read, so that a small body cannot stand for a huge one. */
export class Budget {
  #spans = 0;
  #values = 0;

  span(): void {
    if (++this.#spans > MOST_SPANS)
      throw new OtlpRefusal(`The request holds more than ${MOST_SPANS} spans. Send fewer at a time.`);
  }

  value(depth: number): void {
    if (++this.#values > MOST_VALUES)
      throw new OtlpRefusal(
        `The request holds more than ${MOST_VALUES} attributes and values. Send less at a time.`,
      );
    if (depth > MOST_NESTED)
      throw new OtlpRefusal(`The value of an attribute nests more than ${MOST_NESTED} levels deep.`);
  }
}

const NOWHERE = /^0+$/;
const LATEST_NS = 2n ** 63n - 1n;

export type RawSpan = Omit<OtlpSpan, 'parent_span_id' | 'end_ns' | 'status'> & {
  readonly parent_span_id: string;
  readonly end_ns: bigint;
  readonly status: number;
};

/**
 * A span as its encoding gave it, with what OTLP asks of every span held.
 *
 * @throws OtlpRefusal
 */
export function checkSpan(raw: RawSpan): OtlpSpan {
  const { trace_id, span_id, parent_span_id, start_ns, end_ns, name } = raw;
  const refuse = (why: string): never => {
    throw new OtlpRefusal(`Span '${name.slice(0, 100).toWellFormed()}': ${why}.`);
  };
  if (name.length > MOST_NAME) refuse(`its name has more than ${MOST_NAME} characters`);
  if (trace_id.length !== 32 || NOWHERE.test(trace_id))
    refuse('its trace id must have 16 bytes, not all zero');
  if (span_id.length !== 16 || NOWHERE.test(span_id)) refuse('its span id must have 8 bytes, not all zero');
  if (parent_span_id !== '' && parent_span_id.length !== 16) refuse('the id of its parent must have 8 bytes');
  if (start_ns <= 0n || start_ns > LATEST_NS) refuse('its start must be a time in nanoseconds since 1970');
  if (end_ns > LATEST_NS) refuse('its end must be a time in nanoseconds since 1970');
  // No end at all is 0 in this encoding.
  if (end_ns !== 0n && end_ns < start_ns) refuse('it ends before it starts');
  return toSpan(raw);
}

/** A span as its encoding gave it, nothing asked of it. */
export function toSpan(raw: RawSpan): OtlpSpan {
  const { parent_span_id, end_ns } = raw;
  return {
    ...raw,
    parent_span_id: parent_span_id === '' || NOWHERE.test(parent_span_id) ? null : parent_span_id,
    end_ns: end_ns === 0n ? null : end_ns,
    status: raw.status === 1 ? 'OK' : raw.status === 2 ? 'ERROR' : 'UNSET',
    // OpenTelemetry knows a message with errors alone.
    status_message: raw.status === 2 ? raw.status_message : '',
  };
}

/** Some instrumentations link to ids of their own, wider than OTLP's, which MLflow keeps. */
export const MOST_LINK_ID_BYTES = 64;

/** @throws OtlpRefusal */
export function checkLink(link: OtlpLink): OtlpLink {
  const { trace_id, span_id } = link;
  if (Math.max(trace_id.length, span_id.length) > MOST_LINK_ID_BYTES * 2)
    throw new OtlpRefusal(`A link holds an id of more than ${MOST_LINK_ID_BYTES} bytes.`);
  return { ...link, trace_id: trace_id.padStart(32, '0'), span_id: span_id.padStart(16, '0') };
}
