import { type Int64, invalidParameter, narrow, preview } from '@bitacora/protocol';

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
