import { type PythonJson, parsePythonJson } from './parse-python-json.ts';
import { PythonFloat, toPythonJson } from './python-json.ts';

/** The metadata under which an evaluation names the run that it made the assessment in. */
export const SOURCE_RUN_ID = 'mlflow.assessment.sourceRunId';

/** How MLflow names the form in which an expectation that is a list or object travels. */
export const JSON_FORMAT = 'JSON_FORMAT';

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
