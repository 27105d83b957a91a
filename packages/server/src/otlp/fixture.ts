import { readFileSync } from 'node:fs';
import { raw, sql } from '@bitacora/db';
import { parseJson } from '@bitacora/protocol';
import type { TestApp } from '@bitacora/testkit';
import type { ResourceSpans } from './export-request.ts';

/** An ExportTraceServiceRequest in OTLP's JSON. */
export interface ExportJson {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes: readonly KeyValueJson[] };
    readonly scopeSpans: readonly { readonly spans: readonly SpanJson[] }[];
  }[];
}

export interface SpanJson {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string | number;
  readonly endTimeUnixNano?: string | number;
  readonly attributes?: readonly KeyValueJson[];
  readonly events?: readonly {
    readonly timeUnixNano: string;
    readonly name: string;
    readonly attributes: readonly KeyValueJson[];
  }[];
  readonly links?: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes?: readonly KeyValueJson[];
  }[];
  readonly status?: { readonly code: number; readonly message?: string };
}

export interface KeyValueJson {
  readonly key: string;
  readonly value?: ValueJson;
}

type ValueJson = {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number | string;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values: readonly ValueJson[] };
  readonly kvlistValue?: { readonly values: readonly KeyValueJson[] };
};

const fromRoot = (path: string) =>
  parseJson(readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8'));

/** Requests that say much in few spans. `compat/python/test_otlp.py` sends them to MLflow's own server. */
export const CASES = fromRoot('compat/otlp-cases.json') as readonly {
  readonly name: string;
  readonly requests: readonly ExportJson[];
}[];

/** What MLflow's own server stored of each. */
export const GOLDENS = fromRoot('compat/otlp-goldens.json') as Readonly<
  Record<string, Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>>
>;

let count = 0;

export const newTraceId = () => (++count).toString(16).padStart(32, 'a');

/** A request of these spans; what a test does not name is a plain root of a trace of its own. */
export const exportOf = (
  ...spans: readonly (Partial<SpanJson> & { readonly [name: string]: unknown })[]
): ExportJson => ({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: spans.map((span, index) => ({
            traceId: newTraceId(),
            spanId: (index + 1).toString(16).padStart(16, '0'),
            name: 'root',
            startTimeUnixNano: '1700000000123456789',
            endTimeUnixNano: '1700000001123456789',
            ...span,
          })),
        },
      ],
    },
  ],
});

export const text = (key: string, value: string): KeyValueJson => ({ key, value: { stringValue: value } });

interface Sending {
  readonly body: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An export as it is. */
export const post = (app: TestApp, { body, headers = {} }: Sending) =>
  app.inject({
    method: 'POST',
    url: '/v1/traces',
    headers: { 'content-type': 'application/x-protobuf', 'x-mlflow-experiment-id': '0', ...headers },
    payload: typeof body === 'string' ? body : Buffer.from(body),
  });

export const postJson = (app: TestApp, request: unknown, headers: Sending['headers'] = {}) =>
  post(app, { body: JSON.stringify(request), headers: { 'content-type': 'application/json', ...headers } });

/** The same request in protobuf. */
export function toProtobuf(request: ExportJson): Buffer {
  return Buffer.concat(
    request.resourceSpans.map(({ resource, scopeSpans }) =>
      bytes(
        1,
        ...(resource ? [bytes(1, ...resource.attributes.map((each) => keyValue(1, each)))] : []),
        ...scopeSpans.map(({ spans }) => bytes(2, ...spans.map(spanBytes))),
      ),
    ),
  );
}

const varint = (value: number | bigint): Buffer => {
  const result: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) result.push(Number(rest & 127n) | 128);
  return Buffer.from([...result, Number(rest)]);
};

export const bytes = (field: number, ...content: readonly Uint8Array[]): Buffer => {
  const all = Buffer.concat(content);
  return Buffer.concat([varint(field * 8 + 2), varint(all.length), all]);
};
const string = (field: number, content: string) => bytes(field, Buffer.from(content));
const hex = (field: number, content = '') =>
  content === '' ? Buffer.alloc(0) : bytes(field, Buffer.from(content, 'hex'));
const number = (field: number, value: number | bigint) => Buffer.concat([varint(field * 8), varint(value)]);
const fixed64 = (field: number, value: string | number) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return Buffer.concat([varint(field * 8 + 1), buffer]);
};

const spanBytes = (span: SpanJson) =>
  bytes(
    2,
    hex(1, span.traceId),
    hex(2, span.spanId),
    hex(4, span.parentSpanId),
    string(5, span.name),
    fixed64(7, span.startTimeUnixNano),
    fixed64(8, span.endTimeUnixNano ?? 0),
    ...(span.attributes ?? []).map((each) => keyValue(9, each)),
    ...(span.events ?? []).map((event) =>
      bytes(
        11,
        fixed64(1, event.timeUnixNano),
        string(2, event.name),
        ...event.attributes.map((each) => keyValue(3, each)),
      ),
    ),
    ...(span.links ?? []).map((link) =>
      bytes(
        13,
        hex(1, link.traceId),
        hex(2, link.spanId),
        ...(link.attributes ?? []).map((each) => keyValue(4, each)),
      ),
    ),
    ...(span.status ? [bytes(15, string(2, span.status.message ?? ''), number(3, span.status.code))] : []),
  );

export const keyValue = (field: number, { key, value }: KeyValueJson): Buffer =>
  bytes(field, string(1, key), ...(value === undefined ? [] : [bytes(2, anyValue(value))]));

function anyValue(value: ValueJson): Buffer {
  if (value.stringValue !== undefined) return string(1, value.stringValue);
  if (value.boolValue !== undefined) return number(2, value.boolValue ? 1 : 0);
  if (value.intValue !== undefined) return number(3, BigInt(value.intValue));
  if (value.doubleValue !== undefined) {
    const buffer = Buffer.alloc(8);
    buffer.writeDoubleLE(Number(value.doubleValue));
    return Buffer.concat([varint(4 * 8 + 1), buffer]);
  }
  if (value.arrayValue) return bytes(5, ...value.arrayValue.values.map((each) => bytes(1, anyValue(each))));
  if (value.kvlistValue) return bytes(6, ...value.kvlistValue.values.map((each) => keyValue(1, each)));
  if (value.bytesValue !== undefined) return bytes(7, Buffer.from(value.bytesValue, 'base64'));
  return Buffer.alloc(0);
}

const TABLES = {
  trace_info: { id: 'request_id', order: 'request_id' },
  trace_tags: { id: 'request_id', order: 'key' },
  trace_request_metadata: { id: 'request_id', order: 'key' },
  spans: { id: 'trace_id', order: 'span_id' },
} as const;

export type Stored = Record<keyof typeof TABLES, Record<string, unknown>[]>;

/** All rows of a trace. */
export async function storedRows(app: TestApp, trace_id: string): Promise<Stored> {
  const entries = Object.entries(TABLES).map(async ([table, { id, order }]) => {
    const rows = await app.store.db.all(
      sql<
        Record<string, unknown>
      >`SELECT * FROM ${raw(table)} WHERE ${raw(id)} = ${trace_id} ORDER BY ${raw(order)}`,
    );
    return [
      table,
      rows.map(({ [id]: _, ...row }) => (table === 'trace_info' ? { request_id: _, ...row } : row)),
    ];
  });
  return Object.fromEntries(await Promise.all(entries)) as Stored;
}

/** How many rows there are of anything that an export may leave behind. */
export async function countRows(app: TestApp): Promise<number> {
  const counts = Object.keys(TABLES).map(async (table) =>
    Number((await app.store.db.get(sql<{ n: number }>`SELECT COUNT(*) AS n FROM ${raw(table)}`))?.n),
  );
  return (await Promise.all(counts)).reduce((total, each) => total + each, 0);
}

/** All spans of a request that has been opened. */
export const readAll = (request: readonly ResourceSpans[]) =>
  request.map(({ resource, spans }) => ({ resource, spans: spans.map((span) => span.read()) }));
