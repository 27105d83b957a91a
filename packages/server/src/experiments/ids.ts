import { type Int64, invalidParameter, narrow, preview } from '@bitacora/protocol';
import type { Random } from '../deps.ts';

/** The number in an experiment id, if it is one. File stores give out ids of 18 digits, which a number would round. */
export function readExperimentId(text: string): Int64 | undefined {
  const id = /^\s*[+-]?\d{1,19}\s*$/.test(text) ? BigInt(text.trim().replace(/^\+/, '')) : undefined;
  return id !== undefined && BigInt.asIntN(64, id) === id ? narrow(id) : undefined;
}

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export function parseExperimentId(text: string): Int64 {
  const id = readExperimentId(text);
  if (id !== undefined) return id;
  throw invalidParameter(`Invalid experiment id '${preview(text)}': it must be a whole number such as '0'.`);
}

/** An id of 18 digits, as MLflow gives one out where experiments are folders. */
export function randomExperimentId(random: Random): Int64 {
  const nineDigits = () => String(random.integer(1_000_000_000)).padStart(9, '0');
  return narrow(BigInt(`${random.integer(9) + 1}${nineDigits().slice(1)}${nineDigits()}`));
}
