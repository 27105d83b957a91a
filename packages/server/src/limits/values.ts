import { invalidParameter } from '@bitacora/protocol';

/** MLflow's caps on values, in characters. */
export const PARAM_VALUE_CHARACTERS = 6000;
export const RUN_TAG_VALUE_CHARACTERS = 8000;
export const EXPERIMENT_TAG_VALUE_CHARACTERS = 20_000;

/** Counts characters as Python does, by code point, and only when the text may be too long at all. */
export function characters(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit < 0xdc00) count--;
  }
  return count;
}

/**
 * The value, cut to `most` characters where the server cuts (MLFLOW_TRUNCATE_LONG_VALUES, the default).
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE where it does not.
 */
export function fit(
  value: string,
  most: number,
  { cut, path }: { readonly cut: boolean; readonly path: string },
): string {
  if (value.length <= most || characters(value) <= most) return value;
  if (cut) return [...value.slice(0, most * 2)].slice(0, most).join('');
  throw tooLong(value, most, path);
}

/** @throws MlflowError INVALID_PARAMETER_VALUE when the text has more than `most` characters. */
export function checkLength(value: string, most: number, path: string): void {
  if (value.length > most && characters(value) > most) throw tooLong(value, most, path);
}

const tooLong = (value: string, most: number, path: string) =>
  invalidParameter(
    `Invalid value for parameter '${path}': it has ${characters(value)} characters, at most ${most} are allowed.`,
  );
