import type { DatasetRecordInput, FieldTypes, PythonJson } from '@bitacora/protocol';
import { parsePythonJson, printPythonJson } from '@bitacora/protocol';

const PARTS = ['inputs', 'outputs', 'expectations'] as const;

/**
 * The schema of a data set, as JSON text, after the records: the first type that each field ever had. Outputs that are
 * no objects have one type for all.
 */
export function extendSchema(schema: string | null, records: readonly DatasetRecordInput[]): string | null {
  if (schema === null && records.length === 0) return null;
  const known = schema === null ? undefined : readObject(schema);
  const parts = new Map<string, PythonJson>(
    known ?? [...PARTS.map((part) => [part, new Map()] as const), ['version', '1.0']],
  );
  for (const part of PARTS) {
    for (const record of records) {
      const types =
        part === 'inputs'
          ? record.inputTypes
          : part === 'outputs'
            ? record.outputTypes
            : record.expectationTypes;
      if (part === 'outputs' && (record.outputs === undefined || record.outputs === null)) continue;
      parts.set(part, extendPart(parts.get(part), types));
    }
  }
  return printPythonJson(parts);
}

function extendPart(part: PythonJson | undefined, types: FieldTypes | string): PythonJson {
  const fields = part instanceof Map ? new Map<string, PythonJson>(part) : undefined;
  if (typeof types === 'string') return fields === undefined || fields.size > 0 ? (part ?? types) : types;
  // Once the outputs were no objects, fields of later ones have no place: MLflow fails there.
  if (fields === undefined && part !== undefined) return part;
  const result = fields ?? new Map<string, PythonJson>();
  for (const [field, type] of types) if (!result.has(field)) result.set(field, type);
  return result;
}

/** A stored JSON object with the entries of another one put over it. */
export function mergeObjects(stored: string | null, given: string | undefined): string | undefined {
  if (given === undefined || given === '{}') return undefined;
  return printPythonJson(new Map([...(readObject(stored) ?? []), ...(readObject(given) ?? [])]));
}

/** Undefined for what is no object; the columns may hold the JSON text `null`. */
function readObject(text: string | null): ReadonlyMap<string, PythonJson> | undefined {
  if (text === null) return undefined;
  try {
    const value = parsePythonJson(text);
    return value instanceof Map ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Outputs are stored within an object, because MLflow's column takes nothing else. */
export const wrapOutputs = (outputs: string | null): string =>
  outputs === null ? 'null' : `{"mlflow_wrapped": ${outputs}}`;

/** @returns JSON text, undefined where there are none. */
export function unwrapOutputs(stored: string | null): string | undefined {
  const wrapped = readObject(stored)?.get('mlflow_wrapped');
  return wrapped === undefined || wrapped === null ? undefined : printPythonJson(wrapped);
}

export const readNumRecords = (profile: string | null): number => {
  const count = readObject(profile)?.get('num_records');
  return count !== undefined && count !== null && typeof count === 'object' && 'text' in count
    ? Number(count.text)
    : 0;
};
