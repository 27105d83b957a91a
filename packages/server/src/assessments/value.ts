import { PythonFloat, type PythonJson } from '@bitacora/db';
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
