import { invalidParameter, preview } from '../errors.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * One field type of the wire: protobuf's JSON mapping as MLflow's server applies it, which no schema library speaks
 * (numbers as text, names or numbers of enums, `null` as unset, two spellings of each name).
 *
 * `T` is what a handler receives, `W` what stands in the JSON.
 */
export interface FieldType<T, W = T> {
  /** @throws MlflowError INVALID_PARAMETER_VALUE naming `path` and the value. */
  readonly parse: (value: unknown, path: string) => T;
  readonly schema: JsonSchema;
  readonly repeated: boolean;
  /** Never set: carries the types. */
  readonly types?: readonly [T, W];
}

export type Presence = 'optional' | 'required' | 'defaulted';

export interface Field<T = unknown, W = T, P extends Presence = Presence> extends FieldType<T, W> {
  readonly presence: P;
  readonly fallback?: T;
  /** What `null` is read as where it is not the same as leaving the field out. */
  readonly ifNull?: T;
  /** Older spellings of the name that are still accepted. */
  readonly aliases?: readonly string[];
  readonly describe?: string;
}

interface FieldOptions {
  readonly aliases?: readonly string[];
  readonly describe?: string;
}

/** Absent, `null` and (for text) `""` are refused. */
export const required = <T, W>(
  type: FieldType<T, W>,
  options: FieldOptions = {},
): Field<T, W, 'required'> => ({
  ...type,
  ...options,
  presence: 'required',
});

export const optional = <T, W>(
  type: FieldType<T, W>,
  options: FieldOptions & Pick<Field<T>, 'ifNull'> = {},
): Field<T, W, 'optional'> => ({
  ...type,
  ...options,
  presence: 'optional',
});

export const withDefault = <T, W>(
  type: FieldType<T, W>,
  fallback: T,
  options: FieldOptions = {},
): Field<T, W, 'defaulted'> => ({ ...type, ...options, presence: 'defaulted', fallback });

export function missing(path: string) {
  return invalidParameter(
    `Missing value for required parameter '${path}'. See the API docs for more information about request parameters.`,
  );
}

export function invalid(value: unknown, path: string, expected: string) {
  return invalidParameter(`Invalid value ${preview(value)} for parameter '${path}' supplied: ${expected}.`);
}
