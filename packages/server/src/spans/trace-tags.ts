import { checkKey } from '../limits/keys.ts';
import { fit } from '../limits/values.ts';
import { decode } from '../otlp/translate/attributes.ts';
import { SPAN_ATTRIBUTE } from '../otlp/translate/translate.ts';
import { TRACE_TAG } from '../traces/service.ts';

const VALUE_CHARACTERS = 8000;

/** Tags by which the server itself knows where a trace is kept: no span may set them. */
const RESERVED: ReadonlySet<string> = new Set([
  TRACE_TAG.artifactLocation,
  TRACE_TAG.spansLocation,
  TRACE_TAG.archiveLocation,
  TRACE_TAG.archivalFailure,
]);

/** What a trace's tags take over from who made its spans; OpenTelemetry's own entries are left out. */
export function resourceTags(resource: ReadonlyMap<string, string>): Map<string, string> {
  const tags = new Map<string, string>();
  for (const [key, text] of resource) {
    if (key.startsWith('telemetry.sdk.') || key.startsWith('mlflow.') || !isTagKey(key)) continue;
    const value = decode(text);
    tags.set(key, shortened(typeof value === 'string' ? value : escaped(text)));
  }
  return tags;
}

/** The tags that a client without a connection of its own to MLflow puts into attributes of the root. */
export function rootTags(attributes: ReadonlyMap<string, string>): Map<string, string> {
  const tags = new Map<string, string>();
  for (const [name, text] of attributes) {
    if (!name.startsWith(SPAN_ATTRIBUTE.traceTag)) continue;
    const key = name.slice(SPAN_ATTRIBUTE.traceTag.length);
    if (RESERVED.has(key) || !isTagKey(key)) continue;
    const value = decode(text);
    tags.set(key, shortened(typeof value === 'string' ? value : text));
  }
  return tags;
}

/** A key that cannot be one of a tag is passed over, as MLflow does: the spans are worth more than a tag. */
function isTagKey(key: string): boolean {
  try {
    checkKey('tag', key, 'key');
    return true;
  } catch {
    return false;
  }
}

const shortened = (value: string) => fit(value, VALUE_CHARACTERS, { cut: true, path: '' });

/** Python writes JSON in ASCII where nobody asks for more. */
const escaped = (text: string) =>
  text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
