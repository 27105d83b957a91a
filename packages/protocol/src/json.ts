import { invalidParameter } from './errors.ts';

/** A 64-bit integer: a `number` while it is exact as one, a `bigint` beyond 2^53. */
export type Int64 = number | bigint;

// The text access of JSON.parse and JSON.rawJSON (both in Node 22+ and current browsers) are not in TypeScript's library yet.
interface SourceContext {
  readonly source?: string;
}
type SourceReviver = (this: unknown, key: string, value: unknown, context: SourceContext) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver?: SourceReviver) => unknown;
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

// Sixteen digits in a row that do not follow a decimal point: only then can an integer be inexact as a number.
const MAY_HOLD_LARGE_INTEGER = /[^\d.]\d{16}/;
const INTEGER = /^-?\d+$/;

/**
 * JSON text to values, with integers beyond 2^53 kept exact as `bigint`. MLflow writes 64-bit integers as bare
 * numbers, which `JSON.parse` alone would round.
 *
 * @throws SyntaxError when the text is not JSON, RangeError when it nests too deeply.
 */
export function parseJson(text: string): unknown {
  if (!MAY_HOLD_LARGE_INTEGER.test(text)) return JSON.parse(text);
  return parseWithSource(text, (_, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && INTEGER.test(source)
      ? BigInt(source)
      : value,
  );
}

/** Values to JSON text; a `bigint` becomes a bare number with every digit. */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return stringifyWithBigints(value);
  }
}

/**
 * Native JSON refuses a bigint, but first asks it for `toJSON`. It has that only while this is written, so that nobody
 * else's JSON changes. A replacer, called for each value there is, takes twice the time.
 */
function stringifyWithBigints(value: unknown): string {
  Object.defineProperty(BigInt.prototype, 'toJSON', { value: toRawJson, configurable: true });
  try {
    return JSON.stringify(value);
  } finally {
    Reflect.deleteProperty(BigInt.prototype, 'toJSON');
  }
}

function toRawJson(this: bigint): unknown {
  return rawJSON(String(this));
}

/**
 * The body of a request as an object. Empty text is an empty object; a JSON string that holds JSON is unwrapped once,
 * as MLflow does for old clients that encode twice.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE when the text is not a JSON object.
 */
export function parseBody(text: string): Record<string, unknown> {
  if (text === '') return {};
  let value: unknown;
  try {
    value = parseJson(text);
    if (typeof value === 'string') value = parseJson(value);
  } catch (error) {
    const reason = error instanceof RangeError ? 'it nests too deeply' : (error as Error).message;
    throw invalidParameter(`The request body is not valid JSON: ${reason}. Send one JSON object.`, {
      cause: error,
    });
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalidParameter(
      `The request body must be a JSON object, not ${Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`}.`,
    );
  }
  return value as Record<string, unknown>;
}
