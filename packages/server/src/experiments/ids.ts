import { invalidParameter, preview } from '@bitacora/protocol';

/**
 * The number in an experiment id.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export function parseExperimentId(text: string): number {
  const number = /^\s*[+-]?\d{1,19}\s*$/.test(text) ? Number(text) : Number.NaN;
  // Beyond 2^53 no id is ever given out; the query would bind a rounded one.
  if (!Number.isSafeInteger(number)) {
    throw invalidParameter(
      `Invalid experiment id '${preview(text)}': it must be a whole number such as '0'.`,
    );
  }
  return number;
}
