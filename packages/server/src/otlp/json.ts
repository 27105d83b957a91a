import { isUtf8 } from 'node:buffer';
import { floatText } from '@bitacora/db';
import { parseJson } from '@bitacora/protocol';
import {
  Budget,
  checkLink,
  checkSpan,
  MOST_JSON_TOKENS,
  type OtlpEvent,
  type OtlpLink,
  OtlpRefusal,
  type OtlpSpan,
  type ResourceSpans,
  type UnreadSpan,
} from './export-request.ts';
import { bytesText, jsonOrQuoted, listText, objectText, quote, type ValueForm } from './python-text.ts';

const malformed = (why: string) => new OtlpRefusal(`The body is not JSON of OTLP: ${why}.`);

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads an ExportTraceServiceRequest in OTLP's JSON, which is protobuf's but for ids: they are hexadecimal.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 *
 * @throws OtlpRefusal for anything that is not such a message, or exceeds the bounds on one.
 */
export function decodeJson(body: Buffer): ResourceSpans[] {
  if (!isUtf8(body)) throw malformed('it is not valid UTF-8');
  checkTokens(body);
  let json: unknown;
  try {
    json = parseJson(body.toString('utf8'));
  } catch (error) {
    throw malformed(error instanceof RangeError ? 'it nests too deeply' : (error as Error).message);
  }
  return new Decoder().request(fields(json, 'the body'));
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;
const BRACKET = 0x5b;
const COMMA = 0x2c;

/** A value of two bytes takes some fifty once it is parsed: 64 MiB of them would take all memory there is. */
function checkTokens(body: Buffer): void {
  let tokens = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === QUOTE) at = endOfText(body, at);
    else if ((byte === BRACE || byte === BRACKET || byte === COMMA) && ++tokens > MOST_JSON_TOKENS) {
      throw new OtlpRefusal(
        `The request holds more than ${MOST_JSON_TOKENS} JSON values. Send less at a time.`,
      );
    }
  }
}

/** The place of the quote that ends a text: one after an even number of backslashes. */
function endOfText(body: Buffer, start: number): number {
  for (let end = body.indexOf(QUOTE, start + 1); end >= 0; end = body.indexOf(QUOTE, end + 1)) {
    let before = end;
    while (body[before - 1] === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return body.length;
}

class Decoder {
  readonly #budget = new Budget();

  request(request: Fields): ResourceSpans[] {
    return list(request, 'resourceSpans').map((each) => {
      const resourceSpans = fields(each, 'resourceSpans');
      const spans = list(resourceSpans, 'scopeSpans').flatMap((scopeSpans) =>
        list(fields(scopeSpans, 'scopeSpans'), 'spans').map((span) => this.#unread(fields(span, 'spans'))),
      );
      const resource = own(resourceSpans, 'resource');
      return {
        resource: resource === undefined ? new Map() : this.#attributes(fields(resource, 'resource')),
        spans,
      };
    });
  }

  #unread(span: Fields): UnreadSpan {
    this.#budget.span();
    return { trace_id: id(span, 'traceId'), read: () => this.#span(span) };
  }

  #span(span: Fields): OtlpSpan {
    const given = own(span, 'status');
    const status = given === undefined ? {} : fields(given, 'status');
    return checkSpan({
      trace_id: id(span, 'traceId'),
      span_id: id(span, 'spanId'),
      parent_span_id: id(span, 'parentSpanId'),
      name: text(span, 'name'),
      start_ns: time(span, 'startTimeUnixNano'),
      end_ns: time(span, 'endTimeUnixNano'),
      status: statusCode(own(status, 'code')),
      status_message: text(status, 'message'),
      attributes: this.#attributes(span, 'span'),
      events: list(span, 'events').map((event) => this.#event(fields(event, 'events'))),
      links: list(span, 'links').map((link) => this.#link(fields(link, 'links'))),
    });
  }

  #event(event: Fields): OtlpEvent {
    this.#budget.value(0);
    return {
      name: text(event, 'name'),
      time_ns: time(event, 'timeUnixNano'),
      attributes: this.#attributes(event),
    };
  }

  #link(link: Fields): OtlpLink {
    this.#budget.value(0);
    return checkLink({
      trace_id: id(link, 'traceId'),
      span_id: id(link, 'spanId'),
      attributes: this.#attributes(link, 'link'),
    });
  }

  #attributes(of: Fields, form: ValueForm = 'plain'): Map<string, string> {
    return this.#keyValues(list(of, 'attributes'), 0, form);
  }

  #keyValues(items: readonly unknown[], depth: number, form: ValueForm = 'plain'): Map<string, string> {
    const result = new Map<string, string>();
    for (const item of items) {
      this.#budget.value(depth);
      const pair = fields(item, 'attributes');
      const value = own(pair, 'value');
      result.set(
        text(pair, 'key'),
        value === undefined ? 'null' : this.#anyValue(fields(value, 'value'), depth, form),
      );
    }
    return result;
  }

  #anyValue(value: Fields, depth: number, form: ValueForm = 'plain'): string {
    this.#budget.value(depth);
    const kinds = KINDS.filter((kind) => own(value, kind) !== undefined);
    if (kinds.length > 1) throw malformed(`a value is given both as ${kinds.join(' and ')}`);
    const [kind] = kinds;
    if (kind === undefined) return 'null';
    const given = own(value, kind);
    switch (kind) {
      case 'stringValue':
        return form === 'span' ? jsonOrQuoted(text(value, kind)) : quote(text(value, kind));
      case 'boolValue':
        if (typeof given !== 'boolean') throw malformed('a boolValue must be true or false');
        return String(given);
      case 'intValue':
        return String(integer(given, kind, -(2n ** 63n), 2n ** 63n - 1n));
      case 'doubleValue':
        return floatText(number(given));
      case 'arrayValue':
        return listText(
          list(fields(given, kind), 'values').map((item) =>
            this.#anyValue(fields(item, 'values'), depth + 1),
          ),
        );
      case 'kvlistValue':
        return objectText(this.#keyValues(list(fields(given, kind), 'values'), depth + 1));
      case 'bytesValue': {
        const content = Buffer.from(text(value, kind), 'base64');
        return form === 'link' ? quote(content.toString('base64')) : bytesText(content);
      }
    }
  }
}

const KINDS = [
  'stringValue',
  'boolValue',
  'intValue',
  'doubleValue',
  'arrayValue',
  'kvlistValue',
  'bytesValue',
] as const;

const STATUS_CODES = new Map([
  ['STATUS_CODE_UNSET', 0],
  ['STATUS_CODE_OK', 1],
  ['STATUS_CODE_ERROR', 2],
]);

const statusCode = (given: unknown): number =>
  typeof given === 'string'
    ? (STATUS_CODES.get(given) ?? 0)
    : given === undefined
      ? 0
      : Number(integer(given, 'code', -(2n ** 31n), 2n ** 31n - 1n));

const snake = new Map<string, string>();

/** A field under its name or, as protobuf's readers take it too, the name with underscores; null is unset. */
function own(of: Fields, name: string): unknown {
  if (Object.hasOwn(of, name)) return of[name] ?? undefined;
  let other = snake.get(name);
  if (other === undefined) {
    other = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    snake.set(name, other);
  }
  return Object.hasOwn(of, other) ? (of[other] ?? undefined) : undefined;
}

function fields(value: unknown, name: string): Fields {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw malformed(`'${name}' must be an object`);
  return value as Fields;
}

function list(of: Fields, name: string): readonly unknown[] {
  const value = own(of, name) ?? [];
  if (!Array.isArray(value)) throw malformed(`'${name}' must be an array`);
  return value;
}

function text(of: Fields, name: string): string {
  const value = own(of, name) ?? '';
  if (typeof value !== 'string') throw malformed(`'${name}' must be a string`);
  if (!value.isWellFormed()) throw malformed(`'${name}' holds a lone surrogate`);
  return value;
}

function id(of: Fields, name: string): string {
  const value = text(of, name);
  if (!/^(?:[0-9a-f]{2}){0,65}$/i.test(value)) throw malformed(`'${name}' must be an id in hexadecimal`);
  return value.toLowerCase();
}

const time = (of: Fields, name: string): bigint =>
  BigInt(integer(own(of, name) ?? 0, name, 0n, 2n ** 64n - 1n));

/** A whole number, or one as text: JSON's numbers lose digits elsewhere. */
function integer(value: unknown, name: string, least: bigint, most: bigint): bigint {
  const exact =
    typeof value === 'bigint'
      ? value
      : typeof value === 'number' && Number.isInteger(value)
        ? BigInt(value)
        : typeof value === 'string' && /^-?\d{1,20}$/.test(value)
          ? BigInt(value)
          : undefined;
  if (exact === undefined || exact < least || exact > most)
    throw malformed(`'${name}' must be a whole number from ${least} to ${most}`);
  return exact;
}

const WORDS = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

function number(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint') return Number(value);
  const word = typeof value === 'string' ? WORDS.get(value) : undefined;
  if (word !== undefined) return word;
  if (typeof value === 'string' && /^-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,5})?$/.test(value)) {
    const parsed = Number(value);
    if (Number.isFinite(parsed)) return parsed;
  }
  throw malformed('a doubleValue must be a number, "NaN", "Infinity" or "-Infinity"');
}
