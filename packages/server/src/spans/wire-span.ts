import { PythonFloat, type PythonJson, parsePythonJson, toPythonJson } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { concerned } from '../otlp/translate/concerned.ts';
import { translateSpanType } from '../otlp/translate/span-type.ts';

type Fields = ReadonlyMap<string, PythonJson>;
const NONE: Fields = new Map();

/** A value in the JSON form of OpenTelemetry's protobuf; empty for none. */
export type WireValue =
  | { readonly string_value: string }
  | { readonly bool_value: boolean }
  | { readonly int_value: Int64 }
  | { readonly double_value: number | string }
  | { readonly array_value: { readonly values?: readonly WireValue[] } }
  | { readonly kvlist_value: { readonly values?: readonly WireKeyValue[] } }
  | { readonly [name: string]: never };

export interface WireKeyValue {
  readonly key: string;
  readonly value?: WireValue;
}

/** A span in the JSON form of OpenTelemetry's protobuf, as MLflow writes it: bytes in base64, names with underscores. */
export interface WireSpan {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly name: string;
  readonly start_time_unix_nano: Int64;
  readonly end_time_unix_nano?: Int64;
  readonly attributes?: readonly WireKeyValue[];
  readonly events?: readonly object[];
  readonly links?: readonly object[];
  readonly status: { readonly code?: string; readonly message?: string };
}

/**
 * A stored span, or one of a `traces.json`, as the calls answer it that give traces with their spans. Reads the forms
 * that MLflow has had: today's, 3.5's with ids in hexadecimal, version 2's with a `context`, and that of the
 * TypeScript client, whose attributes are not encoded a second time.
 *
 * @throws SyntaxError when the text is not JSON.
 */
export function toWireSpan(content: string): WireSpan {
  const span = toCurrentForm(asFields(parsePythonJson(content)));
  const attributes = decodeAttributes(withSpanType(asFields(span.get('attributes'))));
  const events = asList(span.get('events')).map(asFields);
  const links = asList(span.get('links')).map(asFields);
  const status = asFields(span.get('status'));
  const code = statusCode(status.get('code'));
  const message = asText(status.get('message'));
  const end = asInteger(span.get('end_time_unix_nano'));
  const parent = toBase64(span.get('parent_span_id'), 8);
  return {
    trace_id: toBase64(span.get('trace_id'), 16),
    span_id: toBase64(span.get('span_id'), 8),
    ...(parent === '' ? {} : { parent_span_id: parent }),
    name: asText(span.get('name')),
    start_time_unix_nano: asInteger(span.get('start_time_unix_nano')),
    ...(end === 0 ? {} : { end_time_unix_nano: end }),
    ...(attributes.length === 0 ? {} : { attributes }),
    ...(events.length === 0 ? {} : { events: events.map(toWireEvent) }),
    ...(links.length === 0 ? {} : { links: links.map(toWireLink) }),
    status: {
      ...(message === '' ? {} : { message }),
      ...(code === 'STATUS_CODE_UNSET' ? {} : { code }),
    },
  };
}

/**
 * A stored span as it stands in a `traces.json`. Old servers stored spans before they knew what type their
 * attributes tell: those get it now.
 */
export function toFileSpan(content: string): string {
  if (/"mlflow\.spanType": "(?!\\"UNKNOWN\\")/.test(content)) return content;
  const span = parsePythonJson(content);
  if (!(span instanceof Map)) return content;
  const attributes = asFields(span.get('attributes'));
  const typed = withSpanType(attributes);
  return typed === attributes
    ? content
    : toPythonJson(new Map(span).set('attributes', typed), { ascii: false });
}

function withSpanType(attributes: Fields): Fields {
  const given = attributes.get('mlflow.spanType');
  if (given !== undefined && given !== null && given !== '' && decode(given) !== 'UNKNOWN') return attributes;
  const texts = new Map(
    [...attributes].filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  const type = translateSpanType(concerned(texts), texts);
  return type === undefined ? attributes : new Map(attributes).set('mlflow.spanType', JSON.stringify(type));
}

/** Version 2 of the form had other names, `0x…` for ids and the status in two fields. */
function toCurrentForm(span: Fields): Fields {
  if (!span.has('context')) return span;
  const context = asFields(span.get('context'));
  return new Map<string, PythonJson>([
    ['trace_id', context.get('trace_id') ?? null],
    ['span_id', context.get('span_id') ?? null],
    ['parent_span_id', span.get('parent_id') ?? null],
    ['name', span.get('name') ?? null],
    ['start_time_unix_nano', span.get('start_time') ?? null],
    ['end_time_unix_nano', span.get('end_time') ?? null],
    [
      'status',
      new Map([
        ['code', span.get('status_code') ?? null],
        ['message', span.get('status_message') ?? null],
      ]),
    ],
    ['attributes', span.get('attributes') ?? null],
    ['links', span.get('links') ?? null],
    [
      'events',
      asList(span.get('events')).map((event) =>
        new Map(asFields(event)).set('time_unix_nano', asFields(event).get('timestamp') ?? null),
      ),
    ],
  ]);
}

const toWireEvent = (event: Fields) => {
  const attributes = [...asFields(event.get('attributes'))].map(([key, value]) => toKeyValue(key, value));
  return {
    time_unix_nano: asInteger(event.get('time_unix_nano')),
    name: asText(event.get('name')),
    ...(attributes.length === 0 ? {} : { attributes }),
  };
};

const toWireLink = (link: Fields) => {
  const attributes = [...asFields(link.get('attributes'))].map(([key, value]) => toKeyValue(key, value));
  return {
    trace_id: toBase64(link.get('trace_id'), 16),
    span_id: Buffer.from(asText(link.get('span_id')), 'hex').toString('base64'),
    ...(attributes.length === 0 ? {} : { attributes }),
  };
};

const decodeAttributes = (attributes: Fields): WireKeyValue[] =>
  [...attributes].map(([key, value]) => toKeyValue(key, decode(value)));

/** Attributes are encoded twice; text that is not JSON counts as it is. */
function decode(value: PythonJson): PythonJson {
  if (typeof value !== 'string') return value;
  if (value === '') return null;
  try {
    return parsePythonJson(value);
  } catch {
    return value;
  }
}

function toKeyValue(key: string, value: PythonJson): WireKeyValue {
  return value === null ? { key } : { key, value: toWireValue(value) };
}

const INT64_MAX = 2n ** 63n - 1n;

function toWireValue(value: PythonJson): WireValue {
  if (value === null) return {};
  switch (typeof value) {
    case 'string':
      return { string_value: value };
    case 'boolean':
      return { bool_value: value };
    case 'number':
      return { int_value: value };
    case 'bigint':
      // Python's integers have no end, protobuf's have.
      return value > INT64_MAX || value < -INT64_MAX - 1n
        ? { string_value: String(value) }
        : { int_value: value };
  }
  if (value instanceof PythonFloat)
    return { double_value: Number.isFinite(value.value) ? value.value : String(value.value) };
  if (value instanceof Map)
    return { kvlist_value: nonEmpty([...value].map(([key, item]) => toKeyValue(key, item))) };
  return { array_value: nonEmpty((value as readonly PythonJson[]).map(toWireValue)) };
}

const asFields = (value: PythonJson | undefined): Fields => (value instanceof Map ? value : NONE);
const asList = (value: PythonJson | undefined): readonly PythonJson[] => (Array.isArray(value) ? value : []);
const asText = (value: PythonJson | undefined): string => (typeof value === 'string' ? value : '');

function asInteger(value: PythonJson | undefined): Int64 {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof PythonFloat && Number.isFinite(value.value)) return BigInt(Math.trunc(value.value));
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : 0;
}

/** `OK` before MLflow 3.6, `STATUS_CODE_OK` since. */
const statusCode = (value: PythonJson | undefined) => {
  const code = asText(value);
  return code === '' ? 'STATUS_CODE_UNSET' : code.startsWith('STATUS_CODE_') ? code : `STATUS_CODE_${code}`;
};

/** An id in base64, or in hexadecimal as older forms and links have it: `tr-…`, `0x…`, or the digits alone. */
function toBase64(value: PythonJson | undefined, bytes: number): string {
  const text = asText(value);
  const digits = /^(?:trace:\/.*\/|tr-|0x)?([0-9a-f]+)$/i.exec(text)?.[1];
  const isHex = digits !== undefined && (digits !== text || text.length === bytes * 2);
  return isHex ? Buffer.from(digits.padStart(bytes * 2, '0'), 'hex').toString('base64') : text;
}

/** Protobuf leaves an empty list out. */
const nonEmpty = <T>(values: readonly T[]): { readonly values?: readonly T[] } =>
  values.length === 0 ? {} : { values };
