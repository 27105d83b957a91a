import { narrow } from '@bitacora/protocol';
import { checkLength, fit } from '../limits/values.ts';
import {
  MOST_TAG_CHARACTERS,
  OtlpRefusal,
  type OtlpSpan,
  type ResourceSpans,
  type UnreadSpan,
} from '../otlp/export-request.ts';
import { decode } from '../otlp/translate/attributes.ts';
import { SPAN_ATTRIBUTE, translate } from '../otlp/translate/translate.ts';
import { checkTraceName, TRACE_TAG } from '../traces/service.ts';
import { type Cost, readCost, readUsage, sumCost, sumUsage, type Usage } from './aggregate.ts';
import { toContent } from './content.ts';
import { toPreview } from './preview.ts';
import type { SpanColumns } from './queries.ts';
import { resourceTags, rootTags } from './trace-tags.ts';

/** What a request says of one trace, ready to be written: all that can be worked out without the database. */
export interface PreparedTrace {
  readonly trace_id: string;
  readonly spans: readonly SpanColumns[];
  /** What each span says of tokens and cost. */
  readonly nodes: readonly SpanNode[];
  readonly start_ms: number;
  /** Null while no span has ended. */
  readonly end_ms: number | null;
  /** Null when the request brings no root of it. */
  readonly status: 'OK' | 'ERROR' | null;
  readonly request_preview: string | null;
  readonly response_preview: string | null;
  readonly session_id: string | null;
  readonly user_id: string | null;
  readonly trace_name: string | null;
  readonly tags: ReadonlyMap<string, string>;
  /** Sums over these spans; null where none says anything. */
  readonly usage: Usage | null;
  readonly cost: Cost | null;
}

/** All but the spans. */
export type TraceHeader = Omit<PreparedTrace, 'spans' | 'nodes'>;

export interface SpanNode {
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly usage: Usage | null;
  readonly cost: Cost | null;
}

/** Widths of MLflow's columns, in characters. */
const SESSION_CHARACTERS = 250;
const METADATA_CHARACTERS = 8000;
const MODEL_CHARACTERS = 500;
const TYPE_CHARACTERS = 500;

/** Programs whose name MLflow shows at the root of their traces. */
const KNOWN_SERVICES = new Set(['claude-code', 'codex_cli_rs', 'codex_vscode', 'gemini-cli', 'qwen-code']);

interface Received<Span> {
  readonly span: Span;
  readonly resource: ReadonlyMap<string, string>;
}

/**
 * The traces of a request: their spans as rows, and what follows from these for each trace. Each is read and made when
 * it is asked for.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE for a session id or name that is too long.
 * @throws OtlpRefusal for what cannot be read, and where the tags of all traces come to more than anybody sends.
 */
export function* prepareTraces(request: readonly ResourceSpans[]): Iterable<PreparedTrace> {
  const received = request.flatMap(({ resource, spans }) =>
    spans.map((span): Received<UnreadSpan> => ({ span, resource })),
  );
  let tagCharacters = 0;
  for (const [trace_id, unread] of Map.groupBy(received, ({ span }) => span.trace_id)) {
    const own = unread.map(({ span, resource }): Received<OtlpSpan> => ({ span: span.read(), resource }));
    const trace = prepareTrace(`tr-${trace_id}`, lastOfEach(own));
    for (const [key, value] of trace.tags) tagCharacters += key.length + value.length + TAG_ROW_CHARACTERS;
    if (tagCharacters > MOST_TAG_CHARACTERS) {
      throw new OtlpRefusal(
        'The attributes of its resources come to too many tags: each of their traces has them all. Send fewer traces at a time.',
      );
    }
    yield trace;
  }
}

/** What a tag takes beyond its text. */
const TAG_ROW_CHARACTERS = 128;

/** Of a span that comes twice the later one counts. */
function lastOfEach(received: readonly Received<OtlpSpan>[]): readonly Received<OtlpSpan>[] {
  const byId = new Map(received.map((each) => [each.span.span_id, each]));
  return byId.size === received.length ? received : [...byId.values()];
}

function prepareTrace(trace_id: string, received: readonly Received<OtlpSpan>[]): PreparedTrace {
  const spans: SpanColumns[] = [];
  const nodes: SpanNode[] = [];
  const ends: bigint[] = [];
  let start = received[0]!.span.start_ns;
  let session_id: string | null = null;
  let user_id: string | null = null;
  let root: OtlpSpan | undefined;
  let rootAttributes: ReadonlyMap<string, string> = new Map();
  const own = new Map<string, string>();
  const quotedTraceId = JSON.stringify(trace_id);
  for (const { span, resource } of received) {
    const attributes = toStored(span, quotedTraceId, resource);
    translate(attributes, span.events);
    session_id ??= textAt(attributes, 'session.id') ?? textAt(attributes, 'gen_ai.conversation.id') ?? null;
    user_id ??= textAt(attributes, 'user.id') ?? null;
    const { span_id, parent_span_id, start_ns, end_ns } = span;
    const cost = readCost(attributes.get(SPAN_ATTRIBUTE.cost));
    const usage = readUsage(attributes.get(SPAN_ATTRIBUTE.usage));
    nodes.push({ span_id, parent_span_id, usage, cost });
    spans.push(toRow(span, attributes, cost));
    if (start_ns < start) start = start_ns;
    if (end_ns !== null) ends.push(end_ns);
    if (parent_span_id === null) {
      // Of several roots the first tells the state, as in MLflow, the last inputs and outputs, and all have tags.
      root ??= span;
      rootAttributes = attributes;
      for (const [key, value] of rootTags(attributes)) own.set(key, value);
    }
  }
  checkLength(session_id ?? '', SESSION_CHARACTERS, 'session.id');
  const inputs = rootAttributes.get(SPAN_ATTRIBUTE.inputs);
  const outputs = rootAttributes.get(SPAN_ATTRIBUTE.outputs);
  const name = own.get(TRACE_TAG.name);
  own.delete(TRACE_TAG.name);
  return {
    trace_id,
    spans,
    nodes,
    usage: sumUsage(nodes),
    cost: sumCost(nodes),
    start_ms: toMs(start),
    end_ms: ends.length === 0 ? null : toMs(ends.reduce((last, end) => (end > last ? end : last))),
    status: root === undefined ? null : root.status === 'ERROR' ? 'ERROR' : 'OK',
    request_preview: inputs === undefined ? null : toPreview(inputs, 'user'),
    response_preview: outputs === undefined ? null : toPreview(outputs, 'assistant'),
    session_id: session_id || null,
    user_id: user_id === null ? null : fit(user_id, METADATA_CHARACTERS, { cut: true, path: 'user.id' }),
    trace_name: name === undefined ? null : checkTraceName(name),
    tags: new Map([
      ...resourceTags(received.find(({ resource }) => resource.size > 0)?.resource ?? new Map()),
      ...own,
    ]),
  };
}

const toMs = (ns: bigint) => Number(ns / 1_000_000n);

/** The attributes as MLflow keeps them before it translates: the trace's id is the server's word. */
function toStored(
  { attributes, parent_span_id }: OtlpSpan,
  quotedTraceId: string,
  resource: ReadonlyMap<string, string>,
): Map<string, string> {
  attributes.set(SPAN_ATTRIBUTE.requestId, quotedTraceId);
  if (parent_span_id === null) {
    const service = resource.get('service.name');
    if (service !== undefined && KNOWN_SERVICES.has(String(decode(service))))
      attributes.set('service.name', service);
  }
  return attributes;
}

/** The text of an attribute; undefined where there is none. */
function textAt(attributes: ReadonlyMap<string, string>, key: string): string | undefined {
  const text = attributes.get(key);
  const value = decode(text);
  return typeof value === 'string' ? value : text;
}

function toRow(span: OtlpSpan, attributes: ReadonlyMap<string, string>, cost: Cost | null): SpanColumns {
  const type = decode(attributes.get(SPAN_ATTRIBUTE.type));
  return {
    span_id: span.span_id,
    parent_span_id: span.parent_span_id,
    name: span.name,
    type: typeof type === 'string' ? shortened(type, TYPE_CHARACTERS) : null,
    status: span.status,
    start_time_unix_nano: narrow(span.start_ns),
    end_time_unix_nano: span.end_ns === null ? null : narrow(span.end_ns),
    content: toContent(span, attributes),
    input_cost: cost?.input_cost ?? null,
    output_cost: cost?.output_cost ?? null,
    total_cost: cost?.total_cost ?? null,
    model_name: dimension(attributes.get(SPAN_ATTRIBUTE.model)),
    model_provider: dimension(attributes.get(SPAN_ATTRIBUTE.provider)),
  };
}

const shortened = (text: string, most: number) => fit(text, most, { cut: true, path: '' });

/** Text that is no JSON text stands for itself. */
function dimension(text: string | undefined): string | null {
  if (text === undefined) return null;
  const value = decode(text);
  return shortened(typeof value === 'string' ? value : text, MODEL_CHARACTERS);
}
