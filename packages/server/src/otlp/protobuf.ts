import { isUtf8 } from 'node:buffer';
import { floatText } from '@bitacora/db';
import {
  Budget,
  checkLink,
  checkSpan,
  MOST_LINK_ID_BYTES,
  type OtlpEvent,
  type OtlpLink,
  OtlpRefusal,
  type OtlpSpan,
  type RawSpan,
  type ResourceSpans,
  type UnreadSpan,
} from './export-request.ts';
import { bytesText, jsonOrQuoted, listText, objectText, quote, type ValueForm } from './python-text.ts';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const malformed = (why: string) => new OtlpRefusal(`The body is not a protobuf of OTLP: ${why}.`);

/**
 * Reads an ExportTraceServiceRequest, https://github.com/open-telemetry/opentelemetry-proto, and of it what MLflow keeps.
 *
 * @param reading how to judge each span, and whether text among its attributes that holds JSON is that JSON.
 * @throws OtlpRefusal for anything that is not such a message, or exceeds the bounds on one.
 */
export function decodeProtobuf(
  body: Buffer,
  reading: Reading = { toSpan: checkSpan, form: 'span' },
): ResourceSpans[] {
  return new Decoder(body, reading).request();
}

interface Reading {
  readonly toSpan: (raw: RawSpan) => OtlpSpan;
  readonly form: ValueForm;
}

class Decoder {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #budget = new Budget();
  #position = 0;
  #wire = 0;
  readonly #reading: Reading;

  constructor(bytes: Buffer, reading: Reading) {
    this.#bytes = bytes;
    this.#reading = reading;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  request(): ResourceSpans[] {
    const all: ResourceSpans[] = [];
    const end = this.#bytes.length;
    while (this.#position < end) {
      if (this.#field(end) === 1) all.push(this.#resourceSpans(this.#length(end)));
      else this.#skip(end);
    }
    return all;
  }

  #resourceSpans(end: number): ResourceSpans {
    const resource = new Map<string, string>();
    const spans: UnreadSpan[] = [];
    while (this.#position < end) {
      const field = this.#field(end);
      if (field === 1) this.#resource(this.#length(end), resource);
      else if (field === 2) this.#scopeSpans(this.#length(end), spans);
      else this.#skip(end);
    }
    return { resource, spans };
  }

  #resource(end: number, attributes: Map<string, string>): void {
    while (this.#position < end) {
      if (this.#field(end) === 1) this.#keyValue(this.#length(end), attributes, 0);
      else this.#skip(end);
    }
  }

  #scopeSpans(end: number, spans: UnreadSpan[]): void {
    while (this.#position < end) {
      if (this.#field(end) === 2) spans.push(this.#unread(this.#length(end)));
      else this.#skip(end);
    }
  }

  #unread(end: number): UnreadSpan {
    this.#budget.span();
    const start = this.#position;
    let trace_id = '';
    while (this.#position < end) {
      if (this.#field(end) === 1) trace_id = this.#hex(end);
      else this.#skip(end);
    }
    const read = () => {
      this.#position = start;
      return this.#span(end);
    };
    return { trace_id, read };
  }

  #span(end: number): OtlpSpan {
    let trace_id = '';
    let span_id = '';
    let parent_span_id = '';
    let name = '';
    let start_ns = 0n;
    let end_ns = 0n;
    const status = { code: 0, message: '' };
    const attributes = new Map<string, string>();
    const events: OtlpEvent[] = [];
    const links: OtlpLink[] = [];
    while (this.#position < end) {
      switch (this.#field(end)) {
        case 1:
          trace_id = this.#hex(end);
          break;
        case 2:
          span_id = this.#hex(end);
          break;
        case 4:
          parent_span_id = this.#hex(end);
          break;
        case 5:
          name = this.#string(end);
          break;
        case 7:
          start_ns = this.#fixed64(end);
          break;
        case 8:
          end_ns = this.#fixed64(end);
          break;
        case 9:
          this.#keyValue(this.#length(end), attributes, 0, this.#reading.form);
          break;
        case 11:
          events.push(this.#event(this.#length(end)));
          break;
        case 13:
          links.push(this.#link(this.#length(end)));
          break;
        case 15:
          this.#status(this.#length(end), status);
          break;
        default:
          this.#skip(end);
      }
    }
    return this.#reading.toSpan({
      trace_id,
      span_id,
      parent_span_id,
      name,
      start_ns,
      end_ns,
      status: status.code,
      status_message: status.message,
      attributes,
      events,
      links,
    });
  }

  #event(end: number): OtlpEvent {
    this.#budget.value(0);
    let time_ns = 0n;
    let name = '';
    const attributes = new Map<string, string>();
    while (this.#position < end) {
      const field = this.#field(end);
      if (field === 1) time_ns = this.#fixed64(end);
      else if (field === 2) name = this.#string(end);
      else if (field === 3) this.#keyValue(this.#length(end), attributes, 0);
      else this.#skip(end);
    }
    return { name, time_ns, attributes };
  }

  #link(end: number): OtlpLink {
    this.#budget.value(0);
    let trace_id = '';
    let span_id = '';
    const attributes = new Map<string, string>();
    while (this.#position < end) {
      const field = this.#field(end);
      if (field === 1) trace_id = this.#hex(end, MOST_LINK_ID_BYTES);
      else if (field === 2) span_id = this.#hex(end, MOST_LINK_ID_BYTES);
      else if (field === 4) this.#keyValue(this.#length(end), attributes, 0, 'link');
      else this.#skip(end);
    }
    return checkLink({ trace_id, span_id, attributes });
  }

  #status(end: number, status: { code: number; message: string }): void {
    while (this.#position < end) {
      const field = this.#field(end);
      if (field === 2) status.message = this.#string(end);
      else if (field === 3) status.code = Number(this.#int64(end));
      else this.#skip(end);
    }
  }

  #keyValue(end: number, into: Map<string, string>, depth: number, form: ValueForm = 'plain'): void {
    this.#budget.value(depth);
    let key = '';
    let value = 'null';
    while (this.#position < end) {
      const field = this.#field(end);
      if (field === 1) key = this.#string(end);
      else if (field === 2) value = this.#anyValue(this.#length(end), depth, form);
      else this.#skip(end);
    }
    into.set(key, value);
  }

  /** Of the kinds of value the last one counts, as protobuf has it. */
  #anyValue(end: number, depth: number, form: ValueForm = 'plain'): string {
    this.#budget.value(depth);
    let text = 'null';
    while (this.#position < end) {
      switch (this.#field(end)) {
        case 1:
          text = form === 'span' ? jsonOrQuoted(this.#string(end)) : quote(this.#string(end));
          break;
        case 2:
          text = this.#int64(end) === 0 ? 'false' : 'true';
          break;
        case 3:
          text = String(this.#int64(end));
          break;
        case 4:
          this.#expect(FIXED64);
          text = floatText(this.#view.getFloat64(this.#advance(8, end), true));
          break;
        case 5:
          text = this.#array(this.#length(end), depth + 1);
          break;
        case 6:
          text = this.#keyValueList(this.#length(end), depth + 1);
          break;
        case 7: {
          const stop = this.#length(end);
          const content = this.#bytes.subarray(this.#position, stop);
          this.#position = stop;
          text = form === 'link' ? quote(content.toString('base64')) : bytesText(content);
          break;
        }
        default:
          this.#skip(end);
      }
    }
    return text;
  }

  #array(end: number, depth: number): string {
    const items: string[] = [];
    while (this.#position < end) {
      if (this.#field(end) === 1) items.push(this.#anyValue(this.#length(end), depth));
      else this.#skip(end);
    }
    return listText(items);
  }

  #keyValueList(end: number, depth: number): string {
    const fields = new Map<string, string>();
    while (this.#position < end) {
      if (this.#field(end) === 1) this.#keyValue(this.#length(end), fields, depth);
      else this.#skip(end);
    }
    return objectText(fields);
  }

  /** The number of the next field; its wire type is kept aside. */
  #field(end: number): number {
    const tag = this.#varint(end);
    if (typeof tag !== 'number' || tag < 8 || tag > 0xffff_ffff) throw malformed('a field has no number');
    this.#wire = tag % 8;
    return Math.floor(tag / 8);
  }

  #skip(end: number): void {
    switch (this.#wire) {
      case VARINT:
        this.#varint(end);
        return;
      case FIXED64:
        this.#advance(8, end);
        return;
      case BYTES:
        this.#position = this.#length(end);
        return;
      case FIXED32:
        this.#advance(4, end);
        return;
      default:
        throw malformed(`a field has the wire type ${this.#wire}`);
    }
  }

  #expect(wire: number): void {
    if (this.#wire !== wire) throw malformed(`a field has the wire type ${this.#wire} in place of ${wire}`);
  }

  /** Goes on by so many bytes. @returns where they begin. */
  #advance(count: number, end: number): number {
    const start = this.#position;
    if (start + count > end) throw malformed('it ends within a field');
    this.#position = start + count;
    return start;
  }

  /** Where the field ends whose length comes next. */
  #length(end: number): number {
    this.#expect(BYTES);
    const length = this.#varint(end);
    if (typeof length !== 'number' || length < 0 || length > end - this.#position)
      throw malformed('a field is longer than what it stands in');
    return this.#position + length;
  }

  #int64(end: number): number | bigint {
    this.#expect(VARINT);
    return this.#varint(end);
  }

  /** A signed integer of 64 bits. */
  #varint(end: number): number | bigint {
    const bytes = this.#bytes;
    let position = this.#position;
    let result = 0;
    let factor = 1;
    // Seven bytes make 49 bits, exact as a number.
    for (let count = 0; count < 7; count++) {
      if (position >= end) throw malformed('it ends within a number');
      const byte = bytes[position++] as number;
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        this.#position = position;
        return result;
      }
      factor *= 128;
    }
    let large = BigInt(result);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      if (position >= end) throw malformed('it ends within a number');
      const byte = bytes[position++] as number;
      large |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#position = position;
        return BigInt.asIntN(64, large);
      }
    }
    throw malformed('a number has more than 64 bits');
  }

  #fixed64(end: number): bigint {
    this.#expect(FIXED64);
    return this.#view.getBigUint64(this.#advance(8, end), true);
  }

  /** What is longer than it may be gets refused where it is checked: that takes one byte more. */
  #hex(end: number, most = 16): string {
    const stop = this.#length(end);
    const text = this.#bytes.toString('hex', this.#position, Math.min(stop, this.#position + most + 1));
    this.#position = stop;
    return text;
  }

  #string(end: number): string {
    const stop = this.#length(end);
    const text = this.#bytes.toString('utf8', this.#position, stop);
    // Bytes that are no UTF-8 are read as this character, which may also stand there itself.
    if (text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(this.#position, stop)))
      throw malformed('a text is not valid UTF-8');
    this.#position = stop;
    return text;
  }
}
