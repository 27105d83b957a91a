import type { OtlpEvent, OtlpLink, OtlpSpan } from '../otlp/export-request.ts';
import { objectText, quote, quoteName } from '../otlp/python-text.ts';

/**
 * A span as MLflow stores it whole: JSON in Python's spelling, which searches look through as text. Ids stand in base64
 * and times as bare numbers; the values of attributes are JSON within JSON.
 */
export function toContent(span: OtlpSpan, attributes: ReadonlyMap<string, string>): string {
  const { parent_span_id, end_ns, events, links } = span;
  return `{"trace_id": "${base64(span.trace_id)}", "span_id": "${base64(span.span_id)}", "parent_span_id": ${
    parent_span_id === null ? 'null' : `"${base64(parent_span_id)}"`
  }, "name": ${quote(span.name)}, "start_time_unix_nano": ${span.start_ns}, "end_time_unix_nano": ${
    end_ns ?? 'null'
  }, "events": [${events.map(eventText).join(', ')}], "status": {"code": "STATUS_CODE_${span.status}", "message": ${quote(
    span.status_message,
  )}}, "attributes": ${attributesText(attributes)}, "links": [${links.map(linkText).join(', ')}]}`;
}

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');

function attributesText(attributes: ReadonlyMap<string, string>): string {
  let text = '{';
  for (const [key, value] of attributes)
    text += `${text === '{' ? '' : ', '}${quoteName(key)}: ${quote(value)}`;
  return `${text}}`;
}

const eventText = ({ name, time_ns, attributes }: OtlpEvent) =>
  `{"name": ${quote(name)}, "time_unix_nano": ${time_ns}, "attributes": ${objectText(attributes)}}`;

const linkText = ({ trace_id, span_id, attributes }: OtlpLink) =>
  `{"trace_id": "tr-${trace_id}", "span_id": "${span_id}", "attributes": ${
    attributes.size === 0 ? 'null' : objectText(attributes)
  }}`;
