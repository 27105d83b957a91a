import { PythonFloat, type PythonJson, parsePythonJson, toPythonJson } from '@bitacora/db';
import { invalidParameter, preview } from '@bitacora/protocol';

/** How deep a value may nest: as deep as protobuf's readers follow. */
const MOST_NESTED = 100;

/**
 * JSON as protobuf's Value holds it: every number a double, so that an integer beyond 2^53 loses digits, as in MLflow.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE naming `path`.
 */
export function toValue(json: unknown, path: string, depth = 0): PythonJson {
  if (depth > MOST_NESTED) {
    throw invalidParameter(
      `Invalid value for parameter '${path}': it nests more than ${MOST_NESTED} levels deep.`,
    );
  }
  switch (typeof json) {
    case 'number':
    case 'bigint': {
      const number = Number(json);
      if (Number.isFinite(number)) return new PythonFloat(number);
      throw invalidParameter(
        `Invalid value for parameter '${path}': the number ${preview(json)} is too large for a double.`,
      );
    }
    case 'string':
      if (json.isWellFormed()) return json;
      throw invalidParameter(
        `Invalid value for parameter '${path}': text must be valid Unicode, without lone surrogates.`,
      );
    case 'boolean':
      return json;
    case 'object':
      if (json === null) return null;
      if (Array.isArray(json)) return json.map((item) => toValue(item, path, depth + 1));
      return new Map(
        Object.entries(json).map(([name, item]) => [
          toValue(name, path) as string,
          toValue(item, path, depth + 1),
        ]),
      );
    default:
      return null;
  }
}

/** What searches and averages see of a value: a number, 1 and 0 for true and false or yes and no, or nothing. */
export function toAggregate(value: PythonJson): {
  readonly aggregate_value: number | null;
  readonly is_numeric_value: 0 | 1;
} {
  const number =
    value instanceof PythonFloat ? value.value : typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number))
    return { aggregate_value: number, is_numeric_value: 1 };
  if (typeof value === 'boolean') return { aggregate_value: value ? 1 : 0, is_numeric_value: 0 };
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  const aggregate_value = word === 'yes' ? 1 : word === 'no' ? 0 : null;
  return { aggregate_value, is_numeric_value: 0 };
}

/** Stored JSON text as it goes out. Python may have stored NaN and infinities, which JSON has as text. */
export function fromStored(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return toPlain(parsePythonJson(text));
  }
}

function toPlain(value: PythonJson): unknown {
  if (value instanceof PythonFloat) return Number.isFinite(value.value) ? value.value : String(value.value);
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, item]) => [name, toPlain(item)]));
  return value;
}

export const isScalar = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** An expectation that is a list or object travels as text. Python writes that text anew from what is stored. */
export function toSerialized(stored: string): string {
  try {
    return toPythonJson(parsePythonJson(stored));
  } catch {
    return stored;
  }
}
